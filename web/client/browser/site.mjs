import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const root = join(import.meta.dirname, '..')

/** Serves an empty page, the built package and the React page on http://localhost. */
export async function startSite() {
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'bell.tsx'),
    platform: 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"development"' } }, // StrictMode acts only there
  })
  const bell = (await bundle.generate({ format: 'esm' })).output[0].code
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const send = (type, body) => response.writeHead(200, { 'Content-Type': type }).end(body)
    if (pathname === '/') return send('text/html', '<!doctype html><title>empty</title>')
    if (pathname === '/bell') return send('text/html', '<!doctype html><div id="root"></div><script type="module" src="/bell.js"></script>')
    if (pathname === '/bell.js') return send('text/javascript', bell)
    const file = /^\/dist\/[\w.-]+\.js$/.exec(pathname)
    if (!file) return response.writeHead(404).end()
    send('text/javascript', readFileSync(join(root, pathname)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://localhost:${server.address().port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
