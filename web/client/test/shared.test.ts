// Tabs of one browser, as clients of one process: Node has BroadcastChannel, the locks are a fake.
// The browser test has three real tabs.
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { createSharedSSEClient, type SharedSSEOptions } from '../src/shared.ts'
import type { SSEClient } from '../src/types.ts'
import { FakeLocks } from './locks.ts'
import { event, serve, sleep, status, stream, streamOnce, until, untilStatus } from './server.ts'

beforeEach(() => void vi.stubGlobal('navigator', { locks: new FakeLocks() }))

interface Tab {
  client: SSEClient
  got: unknown[]
}

function tab(url: string, o: Partial<SharedSSEOptions> = {}): Tab {
  const client = createSharedSSEClient({ url, identity: 'alice', leaderHeartbeatMs: 40, backoff: { minMs: 10 }, ...o })
  onTestFinished(() => client.close())
  const got: unknown[] = []
  client.on('message', (data) => got.push(data))
  client.connect()
  return { client, got }
}

const all = (tabs: Tab[], n: number) => until(() => tabs.every((t) => t.got.length >= n))
const allOpen = (tabs: Tab[]) => until(() => tabs.every((t) => t.client.getSnapshot().isConnected))

it('several tabs share one stream, in order', async () => {
  const server = await serve(stream())
  const tabs = [tab(server.url), tab(server.url), tab(server.url)]
  await allOpen(tabs)
  const { response } = await server.request(1)
  for (let i = 0; i < 50; i++) response.write(event('message', i, `e-${i}`))
  await all(tabs, 50)
  for (const { got } of tabs) expect(got).toEqual(Array.from({ length: 50 }, (_, i) => i))
  expect(server.exchanges).toHaveLength(1)
  await until(() => tabs.every((t) => t.client.getSnapshot().lastEventId === 'e-49'))
})

it('the next tab resumes when the leader closes', async () => {
  const server = await serve(stream(event('message', 1, 'e-1')), stream(event('message', 2, 'e-2')), stream(event('message', 3, 'e-3')))
  const tabs = [tab(server.url), tab(server.url), tab(server.url)]
  await allOpen(tabs)
  await until(() => tabs.every((t) => t.client.getSnapshot().lastEventId === 'e-1')) // late tabs learn the position
  tabs[0]!.client.close()
  const rest = tabs.slice(1)
  await until(() => rest.every((t) => t.got.at(-1) === 2))
  expect(server.exchanges[1]!.headers['last-event-id']).toBe('e-1')
  rest[0]!.client.close()
  await until(() => rest[1]!.got.at(-1) === 3)
  expect(server.exchanges[2]!.headers['last-event-id']).toBe('e-2')
  expect(server.open).toBe(1)
  expect(rest[1]!.got.filter((n) => n === 2)).toEqual([2])
})

it('delivers once what two leaders pass on, and drops what an old one still says', async () => {
  let name = ''
  const Real = BroadcastChannel
  vi.stubGlobal('BroadcastChannel', class extends Real {
    constructor(n: string) {
      super((name = n))
    }
  })
  const server = await serve(stream())
  const leader = tab(server.url)
  await untilStatus(leader.client, 'open')
  const follower = tab(server.url)
  await untilStatus(follower.client, 'open')
  ;(await server.request(1)).response.write(event('message', 1, 'e-1'))
  await all([follower], 1)

  const next = new Real(name) // has not seen e-1, and gets it replayed
  onTestFinished(() => next.close())
  const say = (term: number, id: string, raw: string, own = true): void =>
    next.postMessage({ term, id, type: 'message', raw, own })
  say(99, 'e-1', '1')
  say(1, 'e-1', '"late"', false)
  say(99, 'e-2', '2')
  say(99, 'e-2', '"transient"', false)
  say(99, 'e-2', '"transient"', false)
  await all([follower], 4)
  expect(follower.got).toEqual([1, 2, 'transient', 'transient'])
})

it('a leader that falls silent loses its place, and follows when it wakes', async () => {
  const server = await serve(stream(), stream())
  const first = tab(server.url)
  await untilStatus(first.client, 'open')
  const second = tab(server.url)
  await untilStatus(second.client, 'open')
  // A frozen tab hears and says nothing: stop what it posts.
  const post = BroadcastChannel.prototype.postMessage
  const frozen = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(function (this: BroadcastChannel, m: unknown) {
    if ((m as { term?: number }).term !== 1) post.call(this, m)
  })
  await server.request(2)
  frozen.mockRestore()
  await until(() => server.exchanges[0]!.closed)
  await allOpen([first, second])
  ;(await server.request(2)).response.write(event('message', 1, 'e-1'))
  await all([first, second], 1)
  await sleep(150)
  expect([first.got, second.got]).toEqual([[1], [1]])
  expect(server.open).toBe(1)
})

it('a slow leader that answers keeps its place', async () => {
  const server = await serve(stream())
  // The browser slows down the timers of hidden tabs: it says nothing by itself for a long time.
  const leader = tab(server.url, { leaderHeartbeatMs: 100_000 })
  await untilStatus(leader.client, 'open')
  const follower = tab(server.url, { leaderTimeoutMs: 30 })
  await untilStatus(follower.client, 'open')
  await sleep(400)
  expect(server.exchanges).toHaveLength(1)
})

it('users and streams do not mix', async () => {
  const server = await serve(stream())
  const tabs = [tab(server.url), tab(server.url, { identity: 'bob' }), tab(server.url + '?topics=a')]
  await allOpen(tabs)
  expect(server.exchanges).toHaveLength(3)
})

it('every tab shows the status and the error, and may ask for a reconnect', async () => {
  const server = await serve(status(403), stream())
  const tabs = [tab(server.url), tab(server.url)]
  await until(() => tabs.every((t) => t.client.getSnapshot().status === 'closed'))
  for (const t of tabs) expect(t.client.getSnapshot().error).toMatchObject({ name: 'SSEError', kind: 'auth', status: 403, retryable: false })
  tabs[1]!.client.reconnect()
  await allOpen(tabs)
  tabs[0]!.client.reconnect()
  await server.request(3)
  await allOpen(tabs)
})

it('every tab hears of a gap', async () => {
  const server = await serve(stream(), streamOnce(event('gap', { from: '', to: 'f-1', reason: 'epoch' })), stream())
  const gaps: string[] = []
  const tabs = ['a', 'b'].map((name) => tab(server.url, { onGap: () => gaps.push(name) }))
  await allOpen(tabs)
  ;(await server.request(1)).response.end()
  await until(() => gaps.length === 2)
  expect(gaps.sort()).toEqual(['a', 'b'])
})

it('starts and closes again', async () => {
  const server = await serve(stream())
  const { client } = tab(server.url)
  await untilStatus(client, 'open')
  client.close()
  expect(client.getSnapshot().status).toBe('closed')
  await until(() => server.open === 0)
  client.connect()
  client.connect()
  await untilStatus(client, 'open')
  client[Symbol.dispose]()
  await until(() => server.open === 0)
})

it('without Web Locks every tab has its own', async () => {
  vi.stubGlobal('navigator', {})
  const server = await serve(stream())
  await allOpen([tab(server.url), tab(server.url)])
  expect(server.exchanges).toHaveLength(2)
})
