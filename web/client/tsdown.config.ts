import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/index.ts', 'src/react.ts', 'src/shared.ts', 'src/testing.ts'],
  format: ['esm'],
  dts: true,
  platform: 'neutral',
  target: 'es2022',
  clean: true,
  deps: { neverBundle: ['react'] },
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
  banner: { dts: '/// <reference lib="esnext.disposable" />' }, // for Symbol.dispose, whatever lib the user has
})
