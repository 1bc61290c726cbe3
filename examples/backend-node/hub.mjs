// The hub's internal listener, from a service.
import { randomUUID } from 'node:crypto'

const url = process.env.HUB_INTERNAL ?? 'http://127.0.0.1:8081'
const key = process.env.HUB_API_KEY

/** Posts, and again what may succeed later: the idempotency key makes that safe. */
async function post(path, body) {
  const headers = { 'X-API-Key': key, 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() }
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(5000) })
      .catch((error) => error)
    if (response.ok) return response.json()
    const final = response instanceof Response && response.status < 500 && response.status !== 429
    if (final || attempt === 4) throw new Error(`hub: ${path}: ${response.status ?? response.message}`)
    await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** attempt * (0.5 + Math.random() / 2)))
  }
}

/** Sends an event to an address: user/<id>, topic/<name>, all. */
export const send = (to, event, data) => post('/api/messages', { to, event, data })

/** Gets a ticket with which a page opens one stream of the user. */
export const ticket = (user, grant) => post(`/api/users/${encodeURIComponent(user)}/ticket`, grant)
