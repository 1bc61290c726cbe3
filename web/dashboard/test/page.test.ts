import { afterEach, describe, expect, test, vi } from 'vitest'
import type { DashboardUpdate } from '../../client/src/events.ts'
import { curl, quote } from '../src/draft.ts'
import { bytes, duration, latency, number } from '../src/format.ts'
import { FRESH_MS, MAX_CONNECTS, Model, SPAN } from '../src/model.ts'
import { shorten } from '../src/panels.tsx'
import { told } from '../src/post.ts'
import { cleanToken, maySend, takeToken } from '../src/token.ts'

const spans = (v: number) => ({ '1s': v, '10s': v, '60s': v })

function update(second: number, more: Partial<DashboardUpdate> = {}): DashboardUpdate {
  return {
    instance: 'a', time: second * 1000, uptimeSeconds: second, totalConnections: second, uniqueUsers: 1, topics: 0, connectionsOpened: 1,
    slowConsumers: 0, messagesIn: 1, messagesOut: 1, bytesOut: 1, messagesInPerSecond: spans(2), messagesOutPerSecond: spans(3),
    draining: false, latencyP50Ms: 0, latencyP99Ms: 4, topEvents: [], ...more,
  }
}

const arrivals = (...numbers: number[]) => numbers.map((number) => ({ number, time: number, user: 'u' + number }))

function history(from: number, to: number) {
  const time = Array.from({ length: to - from }, (_, i) => (from + i) * 1000)
  const column = time.map((t) => t / 1000)
  return { time, connections: column, users: column, in: column, out: column, p50: column.map(() => 0), p99: column }
}

describe('Model', () => {
  test('takes the history of the first update, then a point each second', () => {
    const m = new Model()
    m.apply(update(20, { history: history(10, 20) }))
    m.apply(update(21))
    expect(m.time).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21])
    expect(m.columns.connections).toEqual(m.time)
    expect(m.columns.p50.every((v) => v === null)).toBe(true) // nothing was delivered: no point, and not one at 0
    expect(m.columns.p99.at(-1)).toBe(4)
  })

  test('adds only what is new of the history after a reconnect', () => {
    const m = new Model()
    m.apply(update(10, { history: history(8, 10) }))
    m.apply(update(13, { history: history(8, 13) }))
    expect(m.time).toEqual([8, 9, 10, 11, 12, 13])
  })

  test('ends with what the first update says, also within a second of its history', () => {
    const m = new Model()
    m.apply(update(10.3, { history: history(8, 11), totalConnections: 7 }))
    expect(m.time).toEqual([8, 9, 10])
    expect(m.columns.connections).toEqual([8, 9, 7])
  })

  test('breaks the lines where nothing is known', () => {
    const m = new Model()
    m.apply(update(10))
    m.apply(update(40))
    expect(m.time).toEqual([10, 11, 40])
    expect(m.columns.connections).toEqual([10, null, 40])
  })

  test('forgets what is older than ten minutes', () => {
    const m = new Model()
    for (let s = 1; s <= SPAN + 500; s++) m.apply(update(s))
    expect(m.time[0]).toBe(500)
    for (const column of Object.values(m.columns)) expect(column).toHaveLength(m.time.length)
    expect(m.minutes()).toHaveLength(11)
    expect(m.minutes()[0]).toMatchObject({ time: SPAN + 500, values: { p50: null, p99: 4, in: 2 } })
  })

  test('ignores what services send under the same name', () => {
    const m = new Model()
    for (const odd of ['ours', null, 7, [], {}, { time: 'x' }, { ...update(1), totalConnections: '1' }, { ...update(1), messagesInPerSecond: null }]) {
      expect(m.apply(odd)).toBe(false)
    }
    expect(m.now).toBeNull()
  })

  test('lists connects once, the newest first, bounded', () => {
    const m = new Model()
    m.apply(update(1, { connects: arrivals(1, 2, 3) }))
    m.apply(update(2, { connects: arrivals(3, 4) }))
    expect(m.connects.map((c) => c.number)).toEqual([4, 3, 2, 1])
    m.apply(update(3, { connects: arrivals(...Array.from({ length: 80 }, (_, i) => 5 + i)) }))
    expect(m.connects).toHaveLength(MAX_CONNECTS)
    expect(m.connects[0]!.number).toBe(84)
  })

  test('starts the connects anew after a restart of the hub, and with another one', () => {
    const m = new Model()
    m.apply(update(50, { connects: arrivals(1, 2) }))
    m.apply(update(60, { uptimeSeconds: 1, connects: arrivals(1) }))
    expect(m.connects.map((c) => c.number)).toEqual([1])
    m.apply(update(61, { instance: 'b', connects: arrivals(7) }))
    expect(m.connects.map((c) => c.number)).toEqual([7])
  })

  test('keeps the hubs over the first update of a new stream', () => {
    const m = new Model()
    m.apply(update(1, { hubs: [update(1), update(1)] }))
    m.apply(update(2, { history: history(1, 2) }))
    expect(m.now!.hubs).toHaveLength(2)
    m.apply(update(3))
    expect(m.now!.hubs).toBeUndefined()
  })

  describe('age', () => {
    afterEach(() => void vi.useRealTimers())

    test('is that of the last update', () => {
      vi.useFakeTimers()
      const m = new Model()
      expect(m.age).toBe('none')
      m.apply(update(1))
      vi.advanceTimersByTime(FRESH_MS - 1)
      expect(m.age).toBe('fresh')
      vi.advanceTimersByTime(1)
      expect(m.age).toBe('old')
      m.apply('not an update')
      expect(m.age).toBe('old')
    })

    test('begins anew with each stream, once its figures are whole', () => {
      const m = new Model()
      m.apply(update(1, { hubs: [update(1)] }))
      m.ended()
      expect(m.age).toBe('none')
      m.apply(update(2, { history: history(1, 2) })) // its hubs are those of before
      expect(m.age).toBe('none')
      m.apply(update(3, { hubs: [update(3)] }))
      expect(m.age).toBe('fresh')
    })
  })
})

describe('token', () => {
  function page(hash: string, kept: Record<string, string> = {}) {
    const seen = { shown: '' }
    return {
      seen, kept,
      where: {
        location: { hash, pathname: '/dashboard/', search: '?a' },
        history: { replaceState: (_: unknown, __: string, url?: string | URL | null) => void (seen.shown = String(url)) },
        storage: {
          getItem: (k: string) => kept[k] ?? null,
          setItem: (k: string, v: string) => void (kept[k] = v),
          removeItem: (k: string) => void delete kept[k],
        },
      },
    }
  }

  test('is taken from the fragment, which leaves the address bar', () => {
    const p = page('#token=a.b-c_d')
    expect(takeToken(p.where)).toBe('a.b-c_d')
    expect(p.seen.shown).toBe('/dashboard/?a')
    expect(takeToken(page('', p.kept).where)).toBe('a.b-c_d')
  })

  test('stays away if there is none, or no storage', () => {
    const p = page('#other=1')
    expect(takeToken(p.where)).toBe('')
    expect(p.seen.shown).toBe('')
    const deny = () => {
      throw new Error('denied')
    }
    expect(takeToken({ ...page('').where, storage: { getItem: deny, setItem: deny, removeItem: deny } })).toBe('')
    expect(takeToken({ ...page('#token=x').where, storage: { getItem: deny, setItem: deny, removeItem: deny } })).toBe('x')
  })

  test('is cleaned of what is pasted along', () => {
    for (const text of ['a.b', ' a.b\n', 'Bearer a.b', 'Authorization: Bearer a.b', 'a\n.b']) expect(cleanToken(text)).toBe('a.b')
  })
})

test('the form is for tokens that may send', () => {
  const token = (claims: object) => ['e30', Buffer.from(JSON.stringify({ sub: 'ü', ...claims })).toString('base64url'), 's'].join('.')
  for (const scope of ['dashboard publish', 'admin', ['publish']]) expect(maySend(token({ scope }))).toBe(true)
  for (const scope of ['dashboard', 'publisher', undefined, 7, []]) expect(maySend(token({ scope }))).toBe(false)
  for (const text of ['', 'x', 'a.b.c', 'e30.bnVsbA.x']) expect(maySend(text)).toBe(false)
})

test('an answer is told in words', () => {
  expect(told({ id: 'e-1', connections: 3, users: 1 })).toBe('Accepted as e-1. 3 connections of 1 user took it.')
  expect(told({ id: 'e-1', connections: 0, users: 0, silent: ['b'] })).toBe('Accepted as e-1. Nobody who is there gets it. No count from b.')
})

describe('curl', () => {
  const draft = { internal: 'http://127.0.0.1:8081/', to: 'user/al', event: 'n', data: '{"title":"it\'s"}' }

  test('quotes for a shell', () => {
    expect(quote("a'b $c")).toBe(`'a'\\''b $c'`)
    const made = curl(draft)
    expect('command' in made && made.command).toContain(`-d '{"to":"user/al","event":"n","data":{"title":"it'\\''s"}}'`)
    expect('command' in made && made.command).toContain(`'http://127.0.0.1:8081/api/messages'`)
  })

  test('says what is wrong', () => {
    for (const wrong of [{ data: '{' }, { to: ' ' }, { internal: 'x' }]) expect(curl({ ...draft, ...wrong })).toHaveProperty('problem')
  })
})

test('figures are short', () => {
  expect([0, 0.123456, 12.345, 1234.5, 1e6, null, NaN].map(number)).toEqual(['0', '0.123', '12.3', '1,235', '1,000,000', '–', '–'])
  expect([0, null, 0.0514, 1.234, 250, 1500].map(latency)).toEqual(['–', '–', '51 µs', '1.23 ms', '250 ms', '1.5 s'])
  expect([0, 999, 1500, 2.5e9].map(bytes)).toEqual(['0 B', '999 B', '1.5 kB', '2.5 GB'])
  expect([5.9, 65, 3700, 90000].map(duration)).toEqual(['5 s', '1 min 5 s', '1 h 1 min', '1 d 1 h'])
})

test('clients are named by their product', () => {
  expect(shorten('Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36')).toBe('Chrome/156')
  expect(shorten('Mozilla/5.0 (Mac) AppleWebKit/605 Version/26.1 Safari/605')).toBe('Safari')
  expect(shorten('curl/8.1')).toBe('curl/8.1')
  expect(shorten()).toBe('unknown client')
})
