import { defineConfig } from 'vite'

// The client is taken from its source. React is then looked for here, also for the
// hooks, which must share the page's own.
export default defineConfig({
  base: './',
  resolve: { dedupe: ['react', 'react-dom'] },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      onLog(level, log, report) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log) // 'use client' is for other builds of the hooks
      },
    },
  },
})
