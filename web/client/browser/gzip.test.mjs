// Streams in gzip in real Chromium: what was compressed once for all comes out of the browser's decoder at once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startChromium } from './chromium.mjs'
import { Hub } from './hub.mjs'
import { startSite } from './site.mjs'

let browser, site, hub

before(async () => {
  browser = await startChromium()
  site = await startSite()
  // No heartbeat comes while an event is waited for: it would push out what a decoder holds back.
  hub = new Hub(site.url, '--compress', '--heartbeat', '5m')
  hub.build()
  await hub.start()
})
after(async () => {
  await browser?.close()
  site?.close()
  await hub?.stop()
})

const readers = {
  'native EventSource': ([url]) => {
    const source = new EventSource(url + '/api/sse', { withCredentials: true })
    for (const type of ['connected', 'gap', 'notification']) {
      source.addEventListener(type, (e) => got.push({ type, data: JSON.parse(e.data), id: e.lastEventId }))
    }
  },
  'our client': async ([url, token]) => {
    const { createSSEClient } = await import('/dist/index.js')
    const client = createSSEClient({ url: url + '/api/sse', getToken: () => token, backoff: { minMs: 100, maxMs: 500 } })
    client.on('*', (data, { type, id }) => got.push({ type, data, id }))
    client.connect()
  },
}

for (const [name, read] of Object.entries(readers)) {
  test(`${name} gets each event of a gzip stream at once, and comes back after its end and after a crash`, async () => {
    const token = hub.token('alice')
    const context = await browser.newContext()
    await context.addCookies([{ name: 'hub_token', value: token, domain: 'localhost', path: '/' }])
    const page = await context.newPage()
    const codings = []
    page.on('response', (r) => r.url().includes('/api/sse') && r.status() === 200 && codings.push(r.headers()['content-encoding']))
    await page.goto(site.url)
    await page.evaluate(() => (window.got = []))
    await page.evaluate(read, [hub.url, token])
    const count = (type, n) => page.waitForFunction(([type, n]) => got.filter((e) => e.type === type).length >= n, [type, n])
    await count('connected', 1)

    // Short ones are stored, long ones compressed; the next leaves when the last has come.
    const sent = []
    for (let i = 0; i < 30; i++) {
      const data = { i, text: 'Grüße '.repeat(i * i) }
      const { id } = await hub.send(i % 2 ? 'all' : 'user/alice', 'notification', data)
      sent.push({ type: 'notification', data, id })
      await count('notification', sent.length)
    }
    const notifications = () => page.evaluate(() => got.filter((e) => e.type === 'notification'))
    assert.deepEqual(await notifications(), sent)

    await hub.disconnect('alice') // a goodbye, and the end of the gzip stream
    const data = { text: 'meanwhile '.repeat(50) }
    sent.push({ type: 'notification', data, id: (await hub.send('user/alice', 'notification', data)).id })
    await count('connected', 2)
    await count('notification', sent.length)
    assert.deepEqual(await notifications(), sent)

    await hub.kill() // in the middle of the gzip stream
    await hub.start()
    await count('connected', 3)
    await count('gap', 1)
    assert.deepEqual(codings, ['gzip', 'gzip', 'gzip'])
    await context.close()
  })
}
