// The built package in real Chromium against the real hub.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { startChromium } from './chromium.mjs'
import { Hub } from './hub.mjs'
import { startSite } from './site.mjs'

let browser, site, hub
const contexts = []

before(async () => {
  browser = await startChromium()
  site = await startSite()
  hub = new Hub(site.url)
  hub.build()
  await hub.start()
})
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((c) => c.close()))
  await until(async () => (await hub.connections()) === 0)
})
after(async () => {
  await browser?.close()
  site?.close()
  await hub?.stop()
})

async function until(condition) {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  assert.fail('waited in vain for ' + condition)
}

/** A browser profile of its own, with at most six connections to the hub, and so many tabs. */
async function open({ pages = 1, cookie, path = '/' } = {}) {
  const context = await browser.newContext()
  contexts.push(context)
  if (cookie) await context.addCookies([{ name: 'hub_token', value: cookie, domain: 'localhost', path: '/' }])
  await context.exposeFunction('mint', (user, ttl) => hub.token(user, { ttl }))
  const tabs = await Promise.all(Array.from({ length: pages }, () => context.newPage()))
  await Promise.all(tabs.map((page) => page.goto(site.url + path)))
  return tabs
}

/** Starts a client of ours in the page; `got` collects its events and `client` is the client. */
const start = (page, user, { path = '/api/sse', shared = false, ttl = '1h' } = {}) =>
  page.evaluate(async ([url, user, shared, ttl]) => {
    const { createSSEClient } = await import('/dist/index.js')
    const { createSharedSSEClient } = await import('/dist/shared.js')
    window.got = []
    window.asked = []
    window.statuses = []
    window.client = (shared ? createSharedSSEClient : createSSEClient)({
      url, identity: user, leaderHeartbeatMs: 500,
      backoff: { minMs: 100, maxMs: 1000, resetAfterMs: 500 },
      getToken({ refresh }) {
        asked.push(refresh)
        return mint(user, ttl)
      },
    })
    client.on('*', (data, { type, id }) => got.push({ type, data, id }))
    client.subscribe(() => statuses.push(client.getSnapshot().status))
    client.connect()
  }, [hub.url + path, user, shared, ttl])

const opened = (page) => page.waitForFunction(() => client.getSnapshot().isConnected)
const received = (page, type, n = 1) =>
  page.waitForFunction(([type, n]) => got.filter((e) => e.type === type).length >= n, [type, n])
const events = (page, type) => page.evaluate((type) => got.filter((e) => e.type === type), type)

test('native EventSource and our client receive notification, broadcast and dashboard updates', async () => {
  const [page] = await open({ cookie: hub.token('alice') })
  await page.evaluate((hub) => {
    window.native = []
    for (const path of ['/api/sse', '/api/dashboard/sse']) {
      const source = new EventSource(hub + path, { withCredentials: true })
      for (const type of ['connected', 'notification', 'systemUpdate', 'dashboardUpdate']) {
        source.addEventListener(type, (e) => native.push({ path, type, data: JSON.parse(e.data), id: e.lastEventId }))
      }
    }
  }, hub.url)
  const [ours] = await open()
  await start(ours, 'alice')
  await received(ours, 'connected')
  await page.waitForFunction(() => native.filter((e) => e.type === 'connected').length === 2)

  const sent = await hub.send('user/alice', 'notification', { title: 'Grüße\n' })
  await hub.send('all', 'systemUpdate', { message: 'to all' })
  await received(ours, 'systemUpdate')
  await page.waitForFunction(() => native.some((e) => e.path === '/api/sse' && e.type === 'systemUpdate'))
  const wanted = { type: 'notification', data: { title: 'Grüße\n' }, id: sent.id }
  assert.deepEqual(await events(ours, 'notification'), [wanted])
  assert.deepEqual(
    await page.evaluate(() => native.filter((e) => e.path === '/api/sse' && e.type === 'notification')),
    [{ path: '/api/sse', ...wanted }],
  )
  await page.waitForFunction(() => native.some((e) => e.type === 'dashboardUpdate'))

  const [dashboard] = await open()
  await start(dashboard, 'admin', { path: '/api/dashboard/sse' })
  await received(dashboard, 'dashboardUpdate', 2)
})

test('what the hub sends is what the generated types say', async () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'src', 'events.ts'), 'utf8')
  const declared = (name) => {
    const body = new RegExp(`export interface ${name} \\{([^}]*)\\}`).exec(text)[1]
    return [...body.matchAll(/^  '?(\w+)'?(\??): /gm)].map(([, field, optional]) => ({ field, optional }))
  }
  const [page, dashboard] = await open({ pages: 2 })
  await start(page, 'alice')
  await start(dashboard, 'alice', { path: '/api/dashboard/sse' }) // never idle, so without pings
  for (const [from, type, name] of [
    [page, 'connected', 'Connected'], [page, 'ping', 'Ping'], [dashboard, 'dashboardUpdate', 'DashboardUpdate'],
  ]) {
    await received(from, type)
    const [{ data }] = await events(from, type)
    const fields = declared(name)
    for (const key of Object.keys(data)) assert.ok(fields.some((f) => f.field === key), `${name} does not declare ${key}`)
    for (const { field, optional } of fields) assert.ok(optional || field in data, `${type} has no ${field}`)
  }
})

test('a one-time ticket opens a stream, and a new one each reconnect', async () => {
  const [page] = await open()
  await page.evaluate(async ([hub, token]) => {
    const { createSSEClient, ticketURL } = await import('/dist/index.js')
    window.got = []
    window.client = createSSEClient({
      url: ticketURL(hub + '/api/sse', { getToken: () => token, credentials: 'omit' }),
    })
    client.on('*', (data, { type, id }) => got.push({ type, data, id }))
    client.connect()
  }, [hub.url, hub.token('alice')])
  await received(page, 'connected')
  await page.evaluate(() => client.reconnect())
  await received(page, 'connected', 2)
  assert.deepEqual((await events(page, 'connected')).map((e) => [e.data.userId, e.data.resumed]), [['alice', false], ['alice', true]])
})

test('hooks under StrictMode share one stream, and the dashboard has its own', async () => {
  const [page] = await open({ path: `/bell#${new URLSearchParams({ hub: hub.url, token: hub.token('alice') })}` })
  await page.waitForFunction(() => [...document.querySelectorAll('#bell')].every((e) => e.textContent === 'open'))
  await page.waitForFunction(() => document.querySelector('#figures').textContent === '2')
  await hub.send('user/alice', 'notification', { title: 'one' })
  await hub.send('user/alice', 'notification', { title: 'two' })
  await page.waitForFunction(() => [...document.querySelectorAll('#bell')].every((e) => e.textContent === 'open one two'))
  assert.equal(await hub.connections(), 2)
})

test('a token is replaced before it expires, and the stream goes on', async () => {
  const [page] = await open()
  await start(page, 'alice', { ttl: '4s' })
  await received(page, 'connected', 3)
  await opened(page)
  assert.deepEqual(await page.evaluate(() => asked.slice(0, 3)), [false, true, true])
  assert.ok(!(await page.evaluate(() => statuses)).includes('waiting'))
  const [first, ...rest] = await events(page, 'connected')
  assert.ok(first.data.tokenExpiresInMs <= 4000 && !first.data.resumed)
  for (const e of rest) assert.ok(e.data.resumed)
})

test('three tabs share one stream, and survive the leader’s close', async () => {
  const tabs = await open({ pages: 3 })
  for (const tab of tabs) {
    await start(tab, 'alice', { shared: true })
    await opened(tab)
  }
  await hub.send('user/alice', 'notification', { title: '1' })
  for (const tab of tabs) await received(tab, 'notification')
  assert.equal(await hub.connections(), 1)

  const [leader, ...rest] = tabs
  await leader.close()
  // Nothing is lost meanwhile: the next leader resumes.
  for (let i = 2; i <= 5; i++) await hub.send('user/alice', 'notification', { title: String(i) })
  for (const tab of rest) {
    await received(tab, 'notification', 5)
    assert.deepEqual((await events(tab, 'notification')).map((e) => e.data.title), ['1', '2', '3', '4', '5'])
  }
  assert.equal(await hub.connections(), 1)
})

test('the hub is killed and started again under 20 pages: all resume, with nothing lost or a gap', async () => {
  const pages = (await Promise.all(Array.from({ length: 4 }, () => open({ pages: 5 })))).flat()
  await Promise.all(pages.map((page) => start(page, 'alice')))
  await Promise.all(pages.map(opened))
  const sent = [await hub.send('user/alice', 'notification', { title: '1' })]
  await Promise.all(pages.map((page) => received(page, 'notification')))

  await hub.kill()
  await Promise.all(pages.map((page) => page.waitForFunction(() => !client.getSnapshot().isConnected)))
  await hub.start()
  sent.push(await hub.send('user/alice', 'notification', { title: '2' })) // before most are back
  await Promise.all(pages.map(opened))
  await until(async () => (await hub.connections()) === pages.length)
  sent.push(await hub.send('user/alice', 'notification', { title: '3' }))
  await Promise.all(pages.map((page) => page.waitForFunction((id) => got.some((e) => e.id === id && e.type === 'notification'), sent[2].id)))

  for (const page of pages) {
    const ids = (await events(page, 'notification')).map((e) => e.id)
    const gaps = await events(page, 'gap')
    const whole = sent.every(({ id }) => ids.includes(id))
    assert.ok(whole || gaps.length > 0, `lost without a gap: ${ids}`)
    assert.equal(new Set(ids).size, ids.length, `twice: ${ids}`)
  }
})
