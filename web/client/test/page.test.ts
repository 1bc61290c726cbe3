// @vitest-environment jsdom
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSSEClient } from '../src/client.ts'
import type { SSEClient, SSEClientOptions } from '../src/types.ts'
import { serve as serveAny, sleep, status, stream, until, untilStatus, type Answer } from './server.ts'

// jsdom's page is of another origin.
const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' }
const serve = (...answers: Answer[]) =>
  serveAny(...answers.map((answer): Answer => (x) => {
    for (const [k, v] of Object.entries(cors)) x.response.setHeader(k, v)
    answer(x)
  }))

let visibility: DocumentVisibilityState = 'visible'
beforeEach(() => {
  visibility = 'visible'
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility)
})
const show = (state: DocumentVisibilityState): void => {
  visibility = state
  document.dispatchEvent(new Event('visibilitychange'))
}

function start(o: SSEClientOptions): SSEClient {
  const c = createSSEClient(o)
  onTestFinished(() => c.close())
  c.connect()
  return c
}

describe.each([
  ['visible', () => show('visible')],
  ['pageshow', () => window.dispatchEvent(new Event('pageshow'))],
  ['online', () => window.dispatchEvent(new Event('online'))],
])('%s', (name, happens) => {
  it('connects a waiting client at once, and forgets its failures', async () => {
    const server = await serve(status(500), stream())
    const c = start({ url: server.url, backoff: { minMs: 100_000 } })
    await untilStatus(c, 'waiting')
    happens()
    if (name === 'online') expect(c.getSnapshot().retryAt! - Date.now()).toBeLessThanOrEqual(1000)
    expect(c.getSnapshot().attempt).toBe(0)
    await untilStatus(c, 'open')
  })

  it('replaces a stream that was silent for too long, and no other', async () => {
    const server = await serve(stream())
    const c = start({ url: server.url })
    await untilStatus(c, 'open')
    happens()
    expect(c.getSnapshot().status).toBe('open')
    // The computer slept: timers did not run, the clock did.
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000)
    happens()
    now.mockRestore()
    await server.request(2)
    await untilStatus(c, 'open')
    await until(() => server.exchanges[0]!.closed)
  })
})

it('keeps the stream while the page is hidden', async () => {
  const server = await serve(stream())
  const c = start({ url: server.url, pauseAfterMs: 1 })
  await untilStatus(c, 'open')
  show('hidden')
  await sleep(40)
  expect(c.getSnapshot().status).toBe('open')
})

it('pauses while hidden if asked to, and resumes', async () => {
  const server = await serve(stream('id: e-1\n\n'), stream())
  const c = start({ url: server.url, whenHidden: 'pause-after', pauseAfterMs: 30 })
  await until(() => c.getSnapshot().lastEventId)
  show('hidden')
  show('visible')
  await sleep(60)
  expect(c.getSnapshot().status).toBe('open')

  show('hidden')
  await untilStatus(c, 'paused')
  await until(() => server.open === 0)
  window.dispatchEvent(new Event('online'))
  expect(c.getSnapshot().status).toBe('paused')
  show('visible')
  expect((await server.request(2)).headers['last-event-id']).toBe('e-1')
})

it('leaves no listener behind', async () => {
  const server = await serve(stream())
  const c = start({ url: server.url, whenHidden: 'pause-after', pauseAfterMs: 1 })
  await untilStatus(c, 'open')
  show('hidden')
  c.close()
  show('visible')
  window.dispatchEvent(new Event('pageshow'))
  await sleep(20)
  expect(c.getSnapshot().status).toBe('closed')
  expect(server.exchanges).toHaveLength(1)
})
