// Fails if an entry outgrows its budget: bytes of its import alone, minified by rolldown, gzip -9, React left out.
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

const src = (file) => JSON.stringify(join(import.meta.dirname, '..', 'src', file))

async function size(code) {
  const id = 'entry.js'
  const bundle = await rolldown({
    input: id,
    external: ['react'],
    plugins: [{ name: 'entry', resolveId: (name) => (name === id ? id : null), load: (name) => (name === id ? code : null) }],
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  return gzipSync(output[0].code, { level: 9 }).length
}

const core = await size(`export { createSSEClient } from ${src('index.ts')}`)
const rows = [
  ['parser', 700, await size(`export { createParser } from ${src('index.ts')}`)],
  ['core', 3000, core],
  ['core and hooks', 3700, await size(`export { useSSE, useDashboardSSE } from ${src('react.ts')}`)],
  ['shared, beyond core', 1300, (await size(`export { createSSEClient } from ${src('index.ts')}; export { createSharedSSEClient } from ${src('shared.ts')}`)) - core],
]
for (const [name, budget, bytes] of rows) {
  console.log(`${name.padEnd(20)} ${String(bytes).padStart(5)} of ${budget} bytes${bytes > budget ? '  too large' : ''}`)
  if (bytes > budget) process.exitCode = 1
}
