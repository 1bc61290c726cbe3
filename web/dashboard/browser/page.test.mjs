// The embedded page in real Chromium, served by the real hub binary.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Hub } from '../../client/browser/hub.mjs'
import { startChromium } from './chromium.mjs'

const pictures = process.env.SCREENSHOTS
let browser, hub
const faults = []

before(async () => {
  hub = new Hub()
  hub.build()
  await hub.start()
  browser = await startChromium()
})
after(async () => {
  await browser?.close()
  await hub?.stop()
})

/** Opens the page. What the browser refuses or reports as an error fails the last test. */
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  page.on('console', (m) => m.type() === 'error' && faults.push(m.text()))
  page.on('pageerror', (e) => faults.push(String(e)))
  await page.goto(hub.url + path)
  return page
}

const figure = async (page, name) => Number((await page.locator(`[data-figure="${name}"]`).textContent()).replaceAll(',', ''))
const live = (page) => page.getByRole('status').filter({ hasText: 'Live' }).waitFor()

test('a link logs in, and its token leaves the address bar', async () => {
  const page = await open(`/dashboard/#token=${hub.token('alice')}`)
  await live(page)
  assert.equal(page.url(), hub.url + '/dashboard/')
  await page.reload()
  await live(page)
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByLabel('Token with the scope').waitFor()
  await page.reload()
  await page.getByLabel('Token with the scope').waitFor()
  await page.context().close()
})

test('a pasted token logs in by keyboard; a bad one and one without the scope are told', async () => {
  const page = await open('/dashboard')
  await page.waitForURL('**/dashboard/')
  const field = page.getByLabel('Token with the scope')
  await field.waitFor()
  for (const [token, text] of [['nonsense', 'does not accept'], [hub.token('bob', { scopes: [] }), 'does not have the scope']]) {
    await field.fill(token)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: text }).waitFor()
  }
  await shoot(page, 'login')
  await field.fill('Bearer ' + hub.token('alice'))
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await live(page)
  faults.length = 0 // the two refusals, which the browser reports
  await page.context().close()
})

test('figures follow what happens, for eyes and for screen readers', async () => {
  const page = await open(`/dashboard/#token=${hub.token('alice')}`)
  await live(page)
  await page.waitForFunction(() => document.querySelector('[data-figure="Connections"]')?.textContent === '1')
  const streams = await Promise.all(['bob', 'carol', 'carol'].map((user) => hub.stream(user)))
  await page.waitForFunction(() => document.querySelector('[data-figure="Connections"]').textContent === '4')
  assert.equal(await figure(page, 'Users'), 3)

  const sending = setInterval(() => hub.send('all', Math.random() < 0.7 ? 'notification' : 'order.created', { n: 1 }).catch(() => {}), 20)
  try {
    await page.waitForFunction(() => Number(document.querySelector('[data-figure="Messages in / s"]').textContent) > 5)
    await page.waitForFunction(() => Number(document.querySelector('[data-figure="Messages out / s"]').textContent) > 15)
    await page.waitForFunction(() => /\d (µs|ms)/.test(document.querySelector('[data-figure="Latency p99"]').textContent))
    await page.locator('.bars').getByText('notification').waitFor()
    await page.getByRole('cell', { name: /Chrome/ }).first().waitFor()
    await page.getByRole('rowheader', { name: 'carol' }).first().waitFor()
    await page.waitForTimeout(process.env.SCREENSHOTS ? 12_000 : 1000)

    // Landmarks are told apart by their names.
    for (const name of ['Top event types', 'Latest connections', 'Send a message']) {
      assert.equal(await page.getByRole('region', { name }).count(), 1, name)
    }
    // Charts say what they show, and the table holds it.
    for (const name of ['Connections and users', 'Messages per second', 'Delivery latency']) {
      assert.match(await page.getByRole('img', { name: new RegExp('^' + name) }).getAttribute('aria-label'), /now .*\d/)
    }
    await page.getByText('The last ten minutes as a table').focus()
    await page.keyboard.press('Enter')
    assert.ok((await page.locator('details tbody tr').count()) >= 1)
    await shoot(page, 'light')
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.waitForTimeout(1500)
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(244, 245, 247)')
    await shoot(page, 'dark')
    await page.setViewportSize({ width: 420, height: 900 })
    await page.waitForTimeout(500)
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'scrolls sideways on a phone')
    await shoot(page, 'phone')

    // What happened before is there at load.
    const second = await open(`/dashboard/#token=${hub.token('dave')}`)
    await live(second)
    await second.getByText('order.created').waitFor()
    await second.getByRole('rowheader', { name: 'bob' }).first().waitFor()
    assert.match(await second.getByRole('img', { name: /^Messages per second/ }).getAttribute('aria-label'), /now In \d/)
    await second.context().close()
  } finally {
    clearInterval(sending)
    for (const stream of streams) stream.abort()
  }
  await page.waitForFunction(() => document.querySelector('[data-figure="Connections"]').textContent === '1')
  await page.context().close()
})

test('several hubs are told apart', async () => {
  const page = await open(`/dashboard/#token=${hub.token('alice')}`)
  await live(page)
  // What a hub of several would send: services may use the event's name too.
  const spans = { '1s': 1, '10s': 10, '60s': 60 }
  const figures = (instance, totalConnections, draining) => ({
    instance, time: Date.now(), uptimeSeconds: 1e6, totalConnections, uniqueUsers: 5, topics: 1, connectionsOpened: 9, slowConsumers: 0, messagesIn: 1,
    messagesOut: 2, bytesOut: 3, messagesInPerSecond: spans, messagesOutPerSecond: spans, draining,
  })
  const shown = page.getByRole('row', { name: /hub-2.*Draining.*1,500/ })
  const sending = setInterval(() => {
    const update = { ...figures('hub-1', 1200, false), latencyP50Ms: 1, latencyP99Ms: 2, topEvents: [{ name: '<b>x</b>', count: 3 }] }
    hub.send('topic/dashboard', 'dashboardUpdate', { ...update, hubs: [figures('hub-1', 1200, false), figures('hub-2', 1500, true)] }).catch(() => {})
  }, 100)
  try {
    await shown.waitFor()
    await page.getByRole('row', { name: /All of them.*2,700/ }).waitFor()
    await page.getByText('2,700 on all hubs').waitFor()
    assert.equal(await page.getByRole('region', { name: 'Hubs' }).count(), 1)
    await page.getByText('<b>x</b>').first().waitFor() // as text
    await shoot(page, 'hubs')
  } finally {
    clearInterval(sending)
  }
  await page.context().close()
})

test('the form makes a command that works', async () => {
  const page = await open(`/dashboard/#token=${hub.token('alice')}`)
  await live(page)
  await page.getByLabel('Internal listener').fill(hub.internal)
  await page.getByLabel('To', { exact: true }).fill('all')
  await page.getByLabel('Data (JSON)').fill(`{"title":"it's \\"me\\" & $HOME"}`)
  const command = await page.getByLabel('The command').textContent()
  assert.match(hub.shell(command), /"connections":1/)
  await page.getByLabel('Data (JSON)').fill('{')
  await page.getByRole('alert').filter({ hasText: 'not JSON' }).waitFor()
  await page.context().close()
})

test('a token that may send has a form that does', async () => {
  const page = await open(`/dashboard/#token=${hub.token('alice', { scopes: ['dashboard', 'publish'] })}`)
  await live(page)
  const said = (text) => page.getByRole('region', { name: 'Send a message' }).getByRole('status').filter({ hasText: text }).waitFor()
  const bob = await hub.stream('bob')
  await page.waitForFunction(() => document.querySelector('[data-figure="Connections"]').textContent === '2')
  await page.getByLabel('To', { exact: true }).fill('user/bob')
  await page.getByRole('textbox', { name: 'Event' }).fill('order.shipped')
  await page.keyboard.press('Enter')
  await said('1 connection of 1 user took it.')
  await page.locator('.bars').getByText('order.shipped').waitFor()
  await page.getByLabel('To', { exact: true }).fill('user/nobody')
  await page.getByRole('button', { name: 'Send' }).click()
  await said('Nobody who is there gets it.')
  await page.getByRole('textbox', { name: 'Event' }).fill('gap')
  await page.getByRole('button', { name: 'Send' }).click()
  await said('Refused:')
  assert.deepEqual(faults.splice(0).map((f) => /400/.test(f)), [true]) // which the browser reports
  await page.getByLabel('Data (JSON)').fill('{')
  await page.getByRole('alert').filter({ hasText: 'not JSON' }).waitFor()
  assert.ok(await page.getByRole('button', { name: 'Send' }).isDisabled())
  await shoot(page, 'form')
  bob.abort()
  await page.context().close()
})

test('a hub that restarts is found again', async () => {
  const page = await open(`/dashboard/#token=${hub.token('alice')}`)
  await live(page)
  await hub.kill()
  await page.getByRole('status').filter({ hasText: 'Disconnected' }).waitFor()
  await page.getByText(/figures of \d\d:\d\d:\d\d/).waitFor()
  await shoot(page, 'disconnected')
  await hub.start()
  await live(page)
  await page.waitForFunction(() => document.querySelector('[data-figure="Connections"]').textContent === '1')
  for (let i = faults.length; i--; ) if (/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET/.test(faults[i])) faults.splice(i, 1)
  await page.context().close()
})

test('figures are marked as old until a new stream has brought its own', async () => {
  const page = await open(`/dashboard/#token=${hub.token('alice')}`)
  await live(page)
  // The next stream opens, and says nothing more than that for a while.
  await page.evaluate(() => {
    const real = fetch
    window.fetch = async (url, init) => {
      if (!String(url).endsWith('/api/dashboard/sse')) return real(url, init)
      window.fetch = real
      const body = new ReadableStream({
        start(c) {
          init.signal.addEventListener('abort', () => c.error(new Error('aborted')))
          c.enqueue(new TextEncoder().encode('event: connected\ndata: {"heartbeatMs":15000}\n\n'))
          window.opened = true
        },
      })
      return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
    }
  })
  await hub.disconnect('alice')
  await page.waitForFunction(() => window.opened)
  await page.waitForTimeout(300)
  assert.equal(await page.getByRole('status').first().textContent(), 'Connecting')
  assert.equal(await page.locator('main').getAttribute('aria-busy'), 'true')
  await page.getByText(/figures of \d\d:\d\d:\d\d/).waitFor()
  await page.context().close()
})

test('a hub that stands still is told', async () => {
  const page = await open(`/dashboard/#token=${hub.token('alice')}`)
  await live(page)
  await page.locator('main[aria-busy=false]').waitFor()
  hub.freeze()
  try {
    await page.getByRole('status').filter({ hasText: 'No new figures' }).waitFor()
    await page.locator('main[aria-busy=true]').waitFor()
    await page.getByRole('button', { name: 'Try now' }).waitFor()
    await shoot(page, 'frozen')
  } finally {
    hub.thaw()
  }
  await live(page)
  await page.locator('main[aria-busy=false]').waitFor()
  await page.context().close()
})

test('the browser had nothing to refuse: policy, scripts and styles fit', () => assert.deepEqual(faults, []))

async function shoot(page, name) {
  if (!pictures) return
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, name + '.png'), fullPage: true })
}
