import { defineConfig } from 'vite'

export default defineConfig({
  // The client comes by a link, from a directory that has a React of its own for its tests.
  resolve: { dedupe: ['react', 'react-dom'] },
  build: {
    rolldownOptions: {
      onLog(level, log, report) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log) // 'use client' is for Next.js
      },
    },
  },
  // `npm run dev` serves the page, and one of the backends all the rest.
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
})
