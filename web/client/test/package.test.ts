// What is published: run after `npm run build`.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { expect, it } from 'vitest'

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const manifest = JSON.parse(read('package.json')) as { exports: Record<string, string | { types: string; import: string }>; dependencies?: object }

it('is built by whoever packs it', () => {
  rmSync(new URL('dist/', root), { recursive: true, force: true })
  const out = execFileSync('npm', ['pack', '--dry-run', '--json', '--silent'], { cwd: root, encoding: 'utf8' })
  const [{ files }] = JSON.parse(out.slice(out.lastIndexOf('\n['))) as [{ files: { path: string }[] }] // behind what the build says
  const packed = files.map((f) => './' + f.path)
  const targets = Object.values(manifest.exports).flatMap((t) => (typeof t === 'string' ? t : Object.values(t)))
  expect(packed).toEqual(expect.arrayContaining(targets))
}, 60_000)

it('needs nothing at run time but, for the hooks, React', () => {
  expect(manifest.dependencies).toBeUndefined()
  for (const file of readdirSync(new URL('dist/', root)).filter((f) => f.endsWith('.js'))) {
    for (const [, from] of read('dist/' + file).matchAll(/(?:from|import) ?"([^"]+)"/g)) {
      expect(from!.startsWith('./') || (from === 'react' && file === 'react.js'), `${file} imports ${from}`).toBe(true)
    }
  }
})

it('has what its exports name, and their functions', async () => {
  const names: Record<string, string[]> = {}
  for (const [entry, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue
    expect(read(target.types)).toContain('export')
    names[entry] = Object.keys((await import(/* @vite-ignore */ new URL(target.import, root).href)) as object).sort()
  }
  expect(names).toEqual({
    '.': ['SSEError', 'createParser', 'createSSEClient', 'ticketURL'],
    './react': ['SSEProvider', 'useDashboardSSE', 'useSSE', 'useSSEEvent', 'useSSEStatus', 'useSSEValue'],
    './shared': ['createSharedSSEClient'],
    './testing': ['createFakeClient', 'createFakeServer'],
  })
})

it('tells Next.js that the hooks are for the client', () => {
  expect(read('dist/react.js').trimStart()).toMatch(/^['"]use client['"]/)
})

it('locks versions without saying where they come from', () => {
  expect(read('package-lock.json')).not.toContain('"resolved"')
})
