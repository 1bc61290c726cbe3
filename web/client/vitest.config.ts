import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // Workers share two cores with a build in CI; the tests talk to real servers and are short.
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 15_000,
    restoreMocks: true,
  },
})
