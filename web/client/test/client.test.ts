import { expect, it, onTestFinished, vi } from 'vitest'
import { createSSEClient, SSEError, ticketURL, type HubEvents, type SSEClient, type SSEClientOptions } from '../src/index.ts'
import { event, serve, sleep, status, stream, streamOnce, until, untilStatus } from './server.ts'

function make<M extends object = HubEvents>(o: SSEClientOptions<M>): SSEClient<M> {
  const c = createSSEClient<M>({ backoff: { minMs: 10, maxMs: 20 }, ...o })
  onTestFinished(() => c.close())
  return c
}

it('does nothing until it is told to', async () => {
  const server = await serve(stream())
  const c = make({ url: server.url, getToken: () => expect.fail('asked') })
  await sleep(20)
  expect(c.getSnapshot()).toMatchObject({ status: 'idle', isConnected: false, lastEventId: '' })
  c.close()
  expect(c.getSnapshot().status).toBe('closed')
})

it('gives each event to its handlers and those of all, in the order they were added', async () => {
  const server = await serve(stream(event('notification', { title: 'a' }, 'e-1') + event('systemUpdate', { message: 'b' })))
  const c = make({ url: server.url })
  const log: string[] = []
  c.on('*', (_, e) => log.push('* ' + e.type))
  const off = c.on('notification', () => log.push('removed'))
  c.on('notification', (data, e) => log.push(`${data.title} ${e.id} ${e.raw} ${typeof e.receivedAt}`))
  c.on('systemUpdate', (data) => log.push(data.message))
  off()
  c.connect()
  await until(() => log.length === 4)
  expect(log).toEqual(['* notification', 'a e-1 {"title":"a"} number', '* systemUpdate', 'b'])
})

it('reports what a handler or parse throws, and goes on', async () => {
  const server = await serve(stream('data: no json\n\n' + event('message', 1, 'e-1') + event('message', 2, 'e-2')))
  const errors: SSEError[] = []
  const c = make({ url: server.url, onError: (e) => errors.push(e) })
  const got: unknown[] = []
  c.on('message', () => {
    throw new Error('mine')
  })
  c.on('message', (data) => got.push(data))
  c.connect()
  await until(() => got.length === 2)
  expect(got).toEqual([1, 2])
  expect(errors.map((e) => e.kind)).toEqual(['parse', 'handler', 'handler'])
  expect(errors[1]!.cause).toEqual(new Error('mine'))
  expect(c.getSnapshot()).toMatchObject({ status: 'open', lastEventId: 'e-2' })
})

it('does not swallow a fault that nobody listens for, nor die of onError', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  const server = await serve(stream(event('message', 1)), stream())
  const c = make({ url: server.url })
  c.on('message', () => {
    throw new Error('mine')
  })
  c.connect()
  await until(() => log.mock.calls.length === 1)

  const d = make({
    url: (await serve(status(500), stream())).url,
    onError() {
      throw new Error('worse')
    },
  })
  d.connect()
  await untilStatus(d, 'open')
  expect(log).toHaveBeenCalledTimes(2)
})

it('parses with the given function', async () => {
  const server = await serve(stream('event: message\ndata: text\n\n'))
  const c = make({ url: server.url, parse: (type, raw) => `${type}:${raw}` })
  const got: unknown[] = []
  c.on('message', (data) => got.push(data))
  c.connect()
  await until(() => got.length)
  expect(got).toEqual(['message:text'])
})

it('is silent once it is closed, also in the middle of a chunk', async () => {
  const server = await serve(stream(event('message', 1, 'e-1') + event('message', 2, 'e-2')), stream())
  const c = make({ url: server.url })
  const got: unknown[] = []
  c.on('message', (data) => {
    got.push(data)
    c.close()
  })
  c.connect()
  await until(() => server.exchanges[0]?.closed)
  await sleep(30)
  expect(got).toEqual([1])
  expect(server.exchanges).toHaveLength(1)
  expect(c.getSnapshot()).toMatchObject({ status: 'closed', error: null, lastEventId: 'e-1' }) // it has been handled

  c.connect()
  expect((await server.request(2)).headers['last-event-id']).toBe('e-1')
})

it('close wins over a pending retry, and over getToken', async () => {
  const server = await serve(status(500))
  const c = make({ url: server.url })
  c.connect()
  await untilStatus(c, 'waiting')
  c.close()
  let resolve = (_: string): void => {}
  const d = make({ url: server.url, getToken: () => new Promise<string>((r) => (resolve = r)) })
  d.connect()
  d.close()
  resolve('late')
  await sleep(60)
  expect(server.exchanges).toHaveLength(1)
  expect([c, d].map((x) => x.getSnapshot().status)).toEqual(['closed', 'closed'])
})

it.each(['connecting', 'open', 'waiting'])('may be closed by who is told that it is %s', async (wanted) => {
  const server = await serve(streamOnce(''))
  const c = make({ url: server.url, connectTimeoutMs: 30, idleTimeoutMs: 30 })
  c.subscribe(() => c.getSnapshot().status === wanted && c.close())
  c.connect()
  await untilStatus(c, 'closed')
  const { length } = server.exchanges
  await sleep(80)
  expect(c.getSnapshot()).toMatchObject({ status: 'closed', error: null })
  expect(server.exchanges).toHaveLength(length)
})

it('outlives a subscriber and an onComment that throw', async () => {
  const server = await serve(stream(': hi\n\n' + event('message', 1, 'e-1')))
  const errors: SSEError[] = []
  const fail = (): never => {
    throw new Error('mine')
  }
  const c = make({ url: server.url, onComment: fail, onError: (e) => errors.push(e) })
  c.subscribe(fail)
  c.connect()
  await until(() => c.getSnapshot().lastEventId)
  expect(errors.map((e) => e.kind)).toEqual(['handler', 'handler', 'handler'])
})

it('connect is idempotent, reconnect replaces the stream', async () => {
  const server = await serve(stream(event('message', 1, 'e-1')), stream())
  const c = make({ url: server.url })
  c.connect()
  c.connect()
  await until(() => c.getSnapshot().lastEventId)
  c.connect()
  expect(server.exchanges).toHaveLength(1)
  c.reconnect()
  await until(() => server.exchanges.length === 2 && server.open === 1)
  expect(server.exchanges[1]!.headers['last-event-id']).toBe('e-1')
})

it('reconnect starts a closed client anew, with its right to refresh', async () => {
  const server = await serve(status(401), status(401), status(401), stream())
  const c = make({ url: server.url, getToken: () => 't' })
  c.connect()
  await untilStatus(c, 'closed')
  c.reconnect()
  await untilStatus(c, 'open')
  expect(server.exchanges).toHaveLength(4)
})

it('keeps its snapshot until the status changes', async () => {
  const server = await serve(stream(event('message', 1, 'e-1')))
  const c = make({ url: server.url })
  let changes = 0
  const off = c.subscribe(() => changes++)
  c.connect()
  await untilStatus(c, 'open')
  const snapshot = c.getSnapshot()
  await until(() => snapshot.lastEventId === 'e-1')
  expect(c.getSnapshot()).toBe(snapshot)
  expect(changes).toBe(2)
  off()
  c.close()
  expect(changes).toBe(2)
})

it('iterates over events until the client closes', async () => {
  const server = await serve(stream(event('message', 1) + event('message', 2)))
  const c = make({ url: server.url })
  const got: unknown[] = []
  const done = (async () => {
    for await (const e of c.events()) {
      got.push(e.data)
      if (got.length === 2) c.close()
    }
  })()
  c.connect()
  await done
  expect(got).toEqual([1, 2])
})

it('stops iterating at the signal, and throws rather than leave events out', async () => {
  const server = await serve(stream(event('message', 1).repeat(20)))
  const c = make({ url: server.url })
  const stop = new AbortController()
  const idle = c.events({ signal: stop.signal })[Symbol.asyncIterator]()
  const next = idle.next()
  stop.abort()
  expect((await next).done).toBe(true)

  const slow = c.events({ max: 5 })[Symbol.asyncIterator]()
  const first = slow.next()
  c.connect()
  await expect(first).rejects.toThrow(SSEError)
})

it('is disposable', async () => {
  const server = await serve(stream())
  const c = make({ url: server.url })
  c.connect()
  await untilStatus(c, 'open')
  c[Symbol.dispose]()
  await until(() => server.open === 0)
})

it('posts a body', async () => {
  const server = await serve(stream())
  const c = make({ url: server.url, method: 'POST', body: () => '{"topics":["a"]}', headers: { 'Content-Type': 'application/json' } })
  c.connect()
  expect((await server.request(1)).headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '16' })
})

it('ticketURL gets a ticket for every attempt', async () => {
  let n = 0
  const tickets = await serve(({ response, headers }) => {
    if (headers.authorization !== 'Bearer t') return void response.writeHead(403).end()
    response.writeHead(200).end(JSON.stringify({ ticket: `a b${++n}`, expiresInMs: 30000 }))
  })
  const server = await serve(streamOnce(''), stream())
  const ticketUrl = tickets.url.replace('/api/sse', '/api/sse/ticket')
  const c = make({ url: ticketURL(server.url + '?topics=x', { ticketUrl, getToken: () => 't' }) })
  c.connect()
  await server.request(2)
  expect(server.exchanges.map((x) => x.path)).toEqual([
    '/api/sse?topics=x&transport=fetch&ticket=a%20b1', '/api/sse?topics=x&transport=fetch&ticket=a%20b2',
  ])

  const denied = make({ url: ticketURL(server.url, { ticketUrl }) })
  denied.connect()
  await untilStatus(denied, 'closed')
  expect(denied.getSnapshot().error).toMatchObject({ kind: 'auth', status: 403 })
})

it.each([
  ['/api/sse?topics=a/api/sse', '/api/sse/ticket'],
  ['https://hub.example/api/sse', 'https://hub.example/api/sse/ticket'],
  ['https://hub.example/behind/api/dashboard/sse', 'https://hub.example/behind/api/sse/ticket'],
  ['https://hub.example/stream', '/api/sse/ticket'],
])('ticketURL of %s asks %s', async (url, wanted) => {
  const asked: unknown[] = []
  const open = ticketURL(url, {
    fetch: async (input) => {
      asked.push(input)
      return Response.json({ ticket: 't' })
    },
  })
  await open({ refresh: false, attempt: 0, signal: new AbortController().signal })
  expect(asked).toEqual([wanted])
})

it.each([[408, true], [425, true], [429, true], [500, true], [503, true], [401, false], [403, false], [404, false]])(
  'ticketURL fails with %i as a stream does: tried again is %s', async (status, retryable) => {
    const open = ticketURL('/api/sse', { fetch: async () => new Response(null, { status }) })
    const attempt = open({ refresh: false, attempt: 0, signal: new AbortController().signal })
    await expect(attempt).rejects.toMatchObject({ status, retryable })
  },
)
