// The example in real Chromium, with the real hub and each of the backends.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startChromium } from '../../web/client/browser/chromium.mjs'
import { Hub, KEY } from '../../web/client/browser/hub.mjs'
import { holdPort, startBackend } from './backend.mjs'

const pictures = process.env.SCREENSHOTS
let browser

before(async () => void (browser = await startChromium()))
after(() => browser?.close())

for (const language of ['node', 'go']) {
  test(`the shop with the backend in ${language}`, async (t) => {
    const { port, release } = await holdPort() // the hub must know the page's origin, and the page the hub
    const site = `http://localhost:${port}`
    const hub = new Hub(site)
    hub.build()
    await hub.start()
    t.after(() => hub.stop())
    await release()
    t.after(await startBackend(language, {
      PATH: process.env.PATH, PORT: String(port), HUB_API_KEY: KEY, HUB_INTERNAL: hub.internal, HUB_PUBLIC: hub.url,
    }))

    const [alice, bob] = [await visit(t, site), await visit(t, site)]
    await login(alice, 'alice')
    await login(bob, 'bob')
    const bell = (page, unread) => page.getByRole('button', { name: `Notifications, ${unread} unread` })
    await bell(alice, 0).waitFor()
    await bob.getByRole('button', { name: 'Dashboard' }).click()
    await bob.waitForFunction(() => document.querySelector('.figures dd')?.textContent === '3') // two pages, one of them with two streams

    // An order: its customer is told, the dashboard shows it, nobody else hears of it.
    await alice.getByRole('button', { name: 'Order Assam' }).click()
    await bell(alice, 1).waitFor()
    await bob.getByText('alice: Assam, 4.50 €').waitFor()
    await bell(bob, 0).waitFor()
    await bell(alice, 2).waitFor() // on its way
    await bell(alice, 2).click()
    assert.match(await alice.locator('.panel li').first().textContent(), /Assam is on its way/)

    await hub.send('all', 'systemUpdate', { message: 'We close at six.' })
    for (const page of [alice, bob]) await page.getByText('We close at six.').waitFor()
    assert.ok(await bob.locator('.figures').isVisible(), 'what else comes on the stream takes the figures away')
    await shoot(alice, language + '-shop')
    await shoot(bob, language + '-dashboard')

    // The hub dies and forgets. The page comes back by itself, and gets what it missed from the backend.
    await hub.kill()
    await alice.getByText('Disconnected.').waitFor()
    await alice.getByRole('button', { name: 'Order Sencha' }).click()
    await hub.start()
    await alice.locator('.panel').getByText('Sencha is paid').waitFor()
    assert.equal(await alice.locator('.panel').getByText('Sencha is paid').count(), 1)
    await bob.waitForFunction(() => document.querySelector('[aria-busy=false] .figures dd')?.textContent === '3')

    // A reload keeps the session; a logout ends its streams.
    await alice.reload()
    await bell(alice, 0).or(bell(alice, 4)).or(bell(alice, 3)).waitFor()
    await alice.getByRole('button', { name: 'Log out alice' }).click()
    await alice.getByLabel('Name').waitFor()
    await bob.waitForFunction(() => document.querySelector('.figures dd').textContent === '2')
  })
}

async function visit(t, site) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 } })
  t.after(() => context.close())
  const page = await context.newPage()
  page.on('pageerror', (error) => assert.fail(error))
  await page.goto(site)
  return page
}

async function login(page, name) {
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Log in' }).click()
}

async function shoot(page, name) {
  if (!pictures) return
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, name + '.png') })
}
