// Every row of the policy table, against a real server.
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSSEClient } from '../src/client.ts'
import { SSEError } from '../src/error.ts'
import type { SSEClient, SSEClientOptions } from '../src/types.ts'
import { event, hangUp, serve, sleep, status, stream, streamOnce, until, untilStatus, type Answer } from './server.ts'

const fast = { minMs: 10, maxMs: 20, resetAfterMs: 5000 }

function client(o: SSEClientOptions): SSEClient {
  const c = createSSEClient({ backoff: fast, ...o })
  onTestFinished(() => c.close())
  c.connect()
  return c
}

describe('200 and an event stream', () => {
  it('opens, whatever the parameters of the type', async () => {
    for (const type of ['text/event-stream', 'Text/Event-Stream; charset=utf-8', 'text/event-stream;']) {
      const c = client({ url: (await serve(stream('', type))).url })
      await untilStatus(c, 'open')
      expect(c.getSnapshot()).toMatchObject({ isConnected: true, error: null, attempt: 0, retryAt: null })
    }
  })

  it('asks as a browser does, and says who it is', async () => {
    const server = await serve(stream())
    client({ url: server.url, headers: () => ({ 'X-Own': '1' }) })
    expect((await server.request(1)).headers).toMatchObject({
      accept: 'text/event-stream', 'cache-control': 'no-cache', 'x-sse-client': 'ts', 'x-own': '1',
    })
    expect(server.exchanges[0]!.headers).not.toHaveProperty('last-event-id')
    expect(server.exchanges[0]!.headers).not.toHaveProperty('authorization')
  })

  it('leaves the header out if the query says it, which spares a preflight', async () => {
    const server = await serve(stream())
    client({ url: server.url + '?transport=fetch' })
    expect((await server.request(1)).headers).not.toHaveProperty('x-sse-client')
  })

  it('ends the row of failures only after it stayed open for a while', async () => {
    const flapping = await serve(streamOnce(''))
    const c = client({ url: flapping.url })
    await flapping.request(4)
    expect(c.getSnapshot().attempt + 1).toBeGreaterThanOrEqual(3)

    const stable = await serve(({ response, ...x }) => {
      stream()({ response, ...x })
      setTimeout(() => response.end(), 40)
    })
    const attempts: number[] = []
    const d = client({ url: stable.url, backoff: { ...fast, resetAfterMs: 20 } })
    d.subscribe(() => d.getSnapshot().status === 'waiting' && attempts.push(d.getSnapshot().attempt))
    await stable.request(4)
    expect(new Set(attempts)).toEqual(new Set([1]))
  })
})

describe('is tried again after', () => {
  const cases: [string, Answer, Partial<SSEError>][] = [
    ['the end of the stream', streamOnce(''), { kind: 'network' }],
    ['a cut before the response', hangUp, { kind: 'network' }],
    ['a cut stream', (x) => { stream('data: x\n\n')(x); setTimeout(() => hangUp(x), 5) }, { kind: 'network' }],
    ['408', status(408), { kind: 'http', status: 408 }],
    ['425', status(425), { kind: 'http', status: 425 }],
    ['429', status(429), { kind: 'http', status: 429 }],
    ['500', status(500), { kind: 'http', status: 500 }],
    ['502', status(502), { kind: 'http', status: 502 }],
    ['503', status(503), { kind: 'http', status: 503 }],
  ]
  it.each(cases)('%s', async (_, answer, wanted) => {
    const server = await serve(answer, stream())
    const errors: SSEError[] = []
    const c = client({ url: server.url, onError: (e) => errors.push(e) })
    await server.request(2)
    await untilStatus(c, 'open')
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ ...wanted, retryable: true })
    expect(errors[0]).toBeInstanceOf(SSEError)
  })

  it('a refused connection', async () => {
    const c = client({ url: 'http://127.0.0.1:1/' })
    await until(() => c.getSnapshot().attempt >= 2)
    expect(c.getSnapshot().error).toMatchObject({ kind: 'network', retryable: true })
  })

  it('no answer in time, getToken included', async () => {
    const server = await serve(() => {}, stream())
    const c = client({ url: server.url, connectTimeoutMs: 30 })
    await untilStatus(c, 'waiting')
    expect(c.getSnapshot().error).toMatchObject({ kind: 'timeout', retryable: true })
    await untilStatus(c, 'open')
    await until(() => server.exchanges[0]!.closed)

    let asked = 0
    const d = client({ url: server.url, connectTimeoutMs: 30, getToken: () => (asked++ ? 'token' : new Promise<string>(() => {})) })
    await untilStatus(d, 'open')
    expect(asked).toBe(2)
  })

  it('silence, in which a comment is a sign of life', async () => {
    const server = await serve((x) => {
      stream()(x)
      const beat = setInterval(() => x.response.write(':\n\n'), 20)
      setTimeout(() => clearInterval(beat), 300)
    }, stream())
    const c = client({ url: server.url, idleTimeoutMs: 150 })
    await untilStatus(c, 'open')
    const opened = Date.now()
    await untilStatus(c, 'waiting')
    expect(Date.now() - opened).toBeGreaterThan(300)
    expect(c.getSnapshot().error).toMatchObject({ kind: 'timeout' })
    await server.request(2)
    await until(() => server.exchanges[0]!.closed)
  })

  it('an event that is too large, from the position before it', async () => {
    const server = await serve(streamOnce(`${event('message', 1, 'e-1')}id: e-2\ndata: ${'x'.repeat(500)}\n\n`), stream())
    const c = client({ url: server.url, maxEventChars: 100 })
    await untilStatus(c, 'waiting')
    expect(c.getSnapshot().error).toMatchObject({ kind: 'parse' })
    expect((await server.request(2)).headers['last-event-id']).toBe('e-1')
  })
})

describe('waits', () => {
  const waitOf = async (answer: Answer, o: Partial<SSEClientOptions> = {}): Promise<number> => {
    const c = client({ url: (await serve(answer)).url, ...o })
    const before = Date.now()
    await untilStatus(c, 'waiting')
    return c.getSnapshot().retryAt! - before
  }

  it('for Retry-After and up to a fifth more', async () => {
    const ms = await waitOf(status(503, { 'Retry-After': '60' }))
    expect(ms).toBeGreaterThanOrEqual(60_000)
    expect(ms).toBeLessThan(74_000)
  })

  it('for Retry-After as a date', async () => {
    expect(await waitOf(status(429, { 'Retry-After': new Date(Date.now() + 90_000).toUTCString() }))).toBeGreaterThan(85_000)
  })

  it('for the backoff if that is longer', async () => {
    expect(await waitOf(status(503, { 'Retry-After': '1' }), { backoff: { minMs: 50_000, jitter: 'none' } })).toBeGreaterThan(29_000)
  })

  it('for what the retry field says, jittered', async () => {
    const ms = await waitOf(streamOnce('retry: 60000\n\n'))
    expect(ms).toBeGreaterThanOrEqual(30_000)
    expect(ms).toBeLessThan(64_000)
  })

  it('for an hour at most, whatever a server says', async () => {
    for (const answer of [status(503, { 'Retry-After': '99999999' }), streamOnce('retry: 99999999999\n\n')]) {
      expect(await waitOf(answer)).toBeLessThan(3_610_000)
    }
  })

  it('for what the reconnect event says', async () => {
    const errors: SSEError[] = []
    const ms = await waitOf(streamOnce(event('reconnect', { reason: 'drain', retryMs: 40_000 })), { onError: (e) => errors.push(e) })
    expect(ms).toBeGreaterThanOrEqual(40_000)
    expect(errors[0]!.message).toContain('drain')
  })
})

describe('401', () => {
  it('gets a new token once, without a wait and without an error', async () => {
    const server = await serve(status(401), stream())
    const asked: boolean[] = []
    const errors: SSEError[] = []
    const c = client({
      url: server.url,
      backoff: { minMs: 100_000 },
      getToken: ({ refresh }) => (asked.push(refresh), refresh ? 'new' : 'old'),
      onError: (e) => errors.push(e),
    })
    await untilStatus(c, 'open')
    expect(asked).toEqual([false, true])
    expect(server.exchanges.map((x) => x.headers.authorization)).toEqual(['Bearer old', 'Bearer new'])
    expect(errors).toEqual([])
  })

  it('closes at the second', async () => {
    const server = await serve(status(401))
    const c = client({ url: server.url, getToken: () => 'bad' })
    await untilStatus(c, 'closed')
    expect(c.getSnapshot().error).toMatchObject({ kind: 'auth', status: 401, retryable: false })
    await sleep(50)
    expect(server.exchanges).toHaveLength(2)
  })

  it('closes at the first if there is nothing to renew', async () => {
    const server = await serve(status(401))
    await untilStatus(client({ url: server.url }), 'closed')
    expect(server.exchanges).toHaveLength(1)
  })

  it('may be renewed again once a stream was open', async () => {
    const server = await serve(status(401), streamOnce(''), status(401), stream())
    const c = client({ url: server.url, getToken: () => 't' })
    await server.request(4)
    await untilStatus(c, 'open')
  })

  it('keeps asking for a new token until the source has answered', async () => {
    const server = await serve(status(401), stream())
    const asked: boolean[] = []
    const c = client({
      url: server.url,
      getToken({ refresh }) {
        asked.push(refresh)
        if (asked.length === 2) throw new Error('the login service is down')
        return 't'
      },
    })
    await untilStatus(c, 'open')
    expect(asked).toEqual([false, true, true])
  })

  it('gets a new ticket', async () => {
    const server = await serve(status(401), stream())
    let n = 0
    await untilStatus(client({ url: async () => `${server.url}?ticket=${++n}` }), 'open')
    expect(server.exchanges.map((x) => x.path)).toEqual(['/api/sse?ticket=1', '/api/sse?ticket=2'])
  })
})

describe('closes for good after', () => {
  it.each([403, 404, 410, 400, 405, 201, 206])('%i', async (code) => {
    const server = await serve(status(code))
    const c = client({ url: server.url, getToken: () => 't' })
    await untilStatus(c, 'closed')
    expect(c.getSnapshot().error).toMatchObject({ kind: code === 403 ? 'auth' : 'http', status: code, retryable: false })
    await sleep(40)
    expect(server.exchanges).toHaveLength(1)
  })

  it.each(['text/html', 'text/x-event-stream', 'text/event-streamx', 'application/json'])('the type %s', async (type) => {
    const c = client({ url: (await serve(stream('data: x\n\n', type))).url })
    await untilStatus(c, 'closed')
    expect(c.getSnapshot().error).toMatchObject({ kind: 'content-type', status: 200 })
  })

  it('204, which nothing overrides', async () => {
    const server = await serve(status(204))
    const c = client({ url: server.url, shouldRetry: () => true })
    await untilStatus(c, 'closed')
    expect(c.getSnapshot().error).toMatchObject({ kind: 'stopped', status: 204 })
    await sleep(40)
    expect(server.exchanges).toHaveLength(1)
  })

  it('a token source that says so', async () => {
    const c = client({ url: 'http://127.0.0.1:1/', getToken: () => { throw new SSEError('auth', 'logged out', false) } })
    await untilStatus(c, 'closed')
    expect(c.getSnapshot().error).toMatchObject({ kind: 'auth', message: 'logged out' })
  })

  it('maxRetries failures in a row', async () => {
    const server = await serve(status(500))
    await untilStatus(client({ url: server.url, maxRetries: 2 }), 'closed')
    expect(server.exchanges).toHaveLength(3)
  })

  it('a fetch that does not stream', async () => {
    const bare = async () => ({ status: 200, headers: new Headers({ 'Content-Type': 'text/event-stream' }), body: null }) as Response
    const c = client({ url: '/', fetch: bare })
    await untilStatus(c, 'closed')
    expect(c.getSnapshot().error).toMatchObject({ kind: 'network', retryable: false })
  })
})

describe('shouldRetry', () => {
  it('overrides a fatal status and a harmless one, and may leave it', async () => {
    const server = await serve(status(404), status(500), stream())
    const seen: (number | undefined)[] = []
    const c = client({ url: server.url, shouldRetry: (e) => (seen.push(e.status), e.status === 404 ? true : undefined) })
    await untilStatus(c, 'open')
    expect(seen).toEqual([404, 500])

    const d = client({ url: (await serve(status(500))).url, shouldRetry: () => false })
    await untilStatus(d, 'closed')
  })
})

describe('a token near its end', () => {
  const hello = (tokenExpiresInMs: number): Answer => stream(event('connected', { heartbeatMs: 15000, tokenExpiresInMs }))

  it('is replaced in time, and the position carries over', async () => {
    const server = await serve(stream(event('message', 1, 'e-1') + event('connected', { tokenExpiresInMs: 200 })), stream())
    const asked: boolean[] = []
    const c = client({
      url: server.url,
      backoff: { ...fast, resetAfterMs: 20 },
      getToken: ({ refresh }) => (asked.push(refresh), String(asked.length)),
    })
    await untilStatus(c, 'open')
    const second = await server.request(2)
    expect(second.at - server.exchanges[0]!.at).toBeGreaterThanOrEqual(150)
    expect(second.headers).toMatchObject({ authorization: 'Bearer 2', 'last-event-id': 'e-1' })
    expect(asked).toEqual([false, true])
    await untilStatus(c, 'open')
    expect(c.getSnapshot().error).toBeNull()
  })

  it('is kept if the source has no other', async () => {
    const server = await serve(hello(100))
    client({ url: server.url, backoff: { ...fast, resetAfterMs: 20 }, getToken: () => 'the only one' })
    await server.request(2)
    await sleep(200)
    expect(server.exchanges).toHaveLength(2)
  })

  it('backs off if new ones expire as fast', async () => {
    const server = await serve(hello(10))
    let n = 0
    const c = client({ url: server.url, backoff: { minMs: 60_000 }, getToken: () => String(++n) })
    await untilStatus(c, 'waiting')
    expect(c.getSnapshot().attempt).toBe(1)
  })

  it('may last longer than a timer', async () => {
    const server = await serve(hello(1e10))
    const c = client({ url: server.url, getToken: () => 't' })
    await untilStatus(c, 'open')
    await sleep(50)
    expect(server.exchanges).toHaveLength(1)
  })
})

describe('resume', () => {
  it('sends the last id, also that of a block without an event, as UTF-8', async () => {
    const server = await serve(streamOnce('id: e-1\n\n'), streamOnce('id: ü\ndata: 1\n\n'), stream())
    client({ url: server.url })
    await server.request(3)
    expect(server.exchanges[1]!.headers['last-event-id']).toBe('e-1')
    expect(Buffer.from(server.exchanges[2]!.headers['last-event-id'] as string, 'latin1').toString()).toBe('ü')
  })

  it('goes on without an id that no header can carry', async () => {
    const server = await serve(streamOnce('id: a\u0001b\ndata: 1\n\n'), stream())
    const c = client({ url: server.url })
    expect((await server.request(2)).headers).not.toHaveProperty('last-event-id')
    await untilStatus(c, 'open')
  })

  it('starts from lastEventId or from the storage, which is set after the handlers ran', async () => {
    const first = await serve(stream())
    client({ url: first.url, lastEventId: 'given' })
    expect((await first.request(1)).headers['last-event-id']).toBe('given')

    const server = await serve(stream(event('message', 1, 'e-2')))
    const log: string[] = []
    const c = createSSEClient({ url: server.url, storage: { get: () => 'stored', set: (id) => log.push('set ' + id) } })
    onTestFinished(() => c.close())
    c.on('message', () => log.push('handler at ' + c.getSnapshot().lastEventId))
    c.connect()
    expect((await server.request(1)).headers['last-event-id']).toBe('stored')
    await until(() => log.length === 2)
    expect(log).toEqual(['handler at stored', 'set e-2'])
  })

  it('goes without a storage that fails', async () => {
    const fail = (): never => {
      throw new Error('no storage in private windows')
    }
    const errors: SSEError[] = []
    const c = client({ url: (await serve(stream('id: e-1\n\n'))).url, storage: { get: fail, set: fail }, onError: (e) => errors.push(e) })
    await until(() => errors.length === 2)
    expect(errors.map((e) => e.kind)).toEqual(['handler', 'handler'])
    expect(c.getSnapshot()).toMatchObject({ status: 'open', lastEventId: 'e-1' })
  })

  it('tells of a gap', async () => {
    const server = await serve(stream(event('gap', { from: 'a-1', to: 'b-9', reason: 'epoch' }) + 'id: b-9\n\n'))
    const gaps: unknown[] = []
    const c = client({ url: server.url, onGap: (gap) => gaps.push(gap) })
    await until(() => c.getSnapshot().lastEventId)
    expect(gaps).toEqual([{ from: 'a-1', to: 'b-9', reason: 'epoch' }])
    expect(c.getSnapshot().lastEventId).toBe('b-9')
  })
})
