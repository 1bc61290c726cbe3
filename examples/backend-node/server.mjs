// A backend in Node: serves the page, knows who is logged in, and tells the hub what happens.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { ticket } from './hub.mjs'
import { notificationsOf, order } from './shop.mjs'

const hub = process.env.HUB_PUBLIC ?? 'http://127.0.0.1:8080' // as browsers reach it
const port = Number(process.env.PORT ?? 3000)
const dist = join(import.meta.dirname, '..', 'app', 'dist')
const sessions = new Map() // user by session

const routes = {
  async 'POST /api/login'({ request, response }) {
    const { user } = await body(request)
    if (!/^\w{1,50}$/.test(user)) return [400, {}]
    const session = randomUUID()
    sessions.set(session, user)
    response.setHeader('Set-Cookie', `session=${session}; Path=/; HttpOnly; SameSite=Strict`) // and Secure, with TLS
    return [200, { user, hub }]
  },
  'POST /api/logout'({ session }) {
    sessions.delete(session)
    return [200, {}]
  },
  'GET /api/session': ({ user }) => [200, { user, hub }],
  'GET /api/notifications': ({ user }) => [200, notificationsOf(user)],
  // The page asks for a ticket before each attempt to open a stream. Give the dashboard to your staff only.
  'POST /api/hub-ticket': async ({ user }) => [200, await ticket(user, { topics: ['news'], dashboard: true })],
  async 'POST /api/orders'({ request, user }) {
    const placed = order(user, (await body(request)).item)
    return placed ? [201, placed] : [404, {}]
  },
}

async function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost')
  const route = routes[`${request.method} ${pathname}`]
  if (!route) return file(pathname, response)
  const session = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  const user = sessions.get(session)
  const [status, data] = user || pathname === '/api/login' ? await route({ request, response, session, user }) : [401, {}]
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(data))
}

async function body(request) {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > 10_000) throw new Error('the body is too large')
  }
  return JSON.parse(text)
}

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** Serves the page that Vite built. */
async function file(pathname, response) {
  const name = pathname === '/' ? '/index.html' : pathname
  const type = types[extname(name)]
  const content = type && !name.includes('..') && (await readFile(join(dist, name)).catch(() => null))
  if (content) response.writeHead(200, { 'Content-Type': type }).end(content)
  else response.writeHead(404).end()
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error)
    if (!response.headersSent) response.writeHead(502).end()
  })
}).listen(port, '127.0.0.1', () => console.log(`The shop, by Node: http://localhost:${port}/`))
