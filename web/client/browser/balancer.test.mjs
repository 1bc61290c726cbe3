// Native EventSource in real Chromium, through the load balancers that deploy/ has samples for.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Fleet, missing } from './balancer.mjs'
import { startChromium } from './chromium.mjs'

let browser

before(async () => (browser = await startChromium()))
after(() => browser?.close())

for (const balancer of ['nginx', 'haproxy']) {
  const lack = missing(balancer, 'redis-server', 'openssl')
  test(`through ${balancer} native EventSource loses nothing when hubs end`, { skip: lack ? `missing: ${lack}` : false }, async () => {
    const fleet = new Fleet()
    try {
      await fleet.start(balancer)
      await losesNothing(fleet)
    } finally {
      await fleet.stop()
    }
  })
}

async function losesNothing(fleet) {
  const [anyHub] = fleet.hubs.values()
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  await context.addCookies([{ name: 'hub_token', value: anyHub.token('alice'), url: fleet.url }])
  const page = await context.newPage()
  const resumedFrom = []
  page.on('request', async (r) => r.url().endsWith('/api/sse') && resumedFrom.push((await r.allHeaders())['last-event-id']))
  await page.goto(fleet.url) // a 404, and the page's origin is the load balancer's
  await page.evaluate(() => {
    window.got = []
    window.source = new EventSource('/api/sse')
    for (const type of ['connected', 'gap', 'notification', 'systemUpdate']) {
      source.addEventListener(type, (e) => got.push({ type, data: JSON.parse(e.data), id: e.lastEventId }))
    }
  })
  const all = (...types) => page.evaluate((types) => got.filter((e) => types.includes(e.type)), types)
  const count = (n, ...types) =>
    page.waitForFunction(([n, types]) => got.filter((e) => types.includes(e.type)).length >= n, [n, types])
  const sent = []
  /** Posts one to alice and one to all at each hub that is up, one after the other. */
  const postEverywhere = async () => {
    for (const hub of fleet.hubs.values()) {
      for (const [to, type] of [['user/alice', 'notification'], ['all', 'systemUpdate']]) {
        const data = { message: `Grüße ${sent.length}` }
        sent.push({ type, data, id: (await hub.send(to, type, data)).id })
      }
    }
  }
  const sawAll = async () => {
    await count(sent.length, 'notification', 'systemUpdate')
    assert.deepEqual(await all('notification', 'systemUpdate', 'gap'), sent)
  }

  await count(1, 'connected')
  await postEverywhere()
  await sawAll()
  // A hub crashes, another one is stopped in good order. What is posted before the page is back comes by resuming.
  for (const [round, end] of ['kill', 'terminate'].entries()) {
    const holder = (await all('connected')).at(-1).data.instance
    const before = sent.at(-1).id
    const ended = fleet.hubs.get(holder)
    await ended[end]()
    fleet.hubs.delete(holder)
    await postEverywhere()
    await count(round + 2, 'connected')
    const { data } = (await all('connected')).at(-1)
    assert.ok(data.resumed && data.instance !== holder, `not resumed elsewhere: ${JSON.stringify(data)}`)
    assert.equal(resumedFrom.filter(Boolean).at(-1), before)
    await postEverywhere()
    await sawAll()
    await ended.stop()
  }
  assert.equal(await page.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol), 'h2')
  await context.close()
}
