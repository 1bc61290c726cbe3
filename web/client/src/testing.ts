import { createChannel } from './channel.ts'
import type { BareClient } from './client.ts'
import type { SSEError } from './error.ts'
import { iterable } from './iterate.ts'
import type { HubEvents, SSEClient, SSEStatus } from './types.ts'

export interface FakeClient<M extends object = HubEvents> extends SSEClient<M> {
  /** Delivers an event as if it had come. The payload goes through JSON, as on the wire. */
  push<K extends keyof M & string>(type: K, data: M[K], id?: string): void
  setStatus(status: SSEStatus, error?: SSEError | null): void
}

/** A client without a network for tests of components: `useSSE({ client: fake })`. */
export function createFakeClient<M extends object = HubEvents>(): FakeClient<M> {
  const channel = createChannel<M>({})
  const open = (): void => channel.set('open')
  const close = (): void => channel.set('closed')
  return iterable<M, BareClient<M>>(Object.assign(channel, {
    push(type: string, data: unknown, id = channel.id) {
      channel.emit(type, JSON.stringify(data), id)
      channel.commit(id)
    },
    setStatus: channel.set,
    connect: open,
    reconnect: open,
    close,
    [Symbol.dispose]: close,
  })) as FakeClient<M>
}

export interface FakeConnection {
  readonly url: string
  readonly headers: Headers
  /** Sends an event; `id` moves the client's position. */
  send(type: string, data: unknown, id?: string): void
  /** Sends text as it is. */
  write(text: string): void
  /** Ends the stream as a server does. */
  end(): void
  /** Cuts the stream as a broken network does. */
  cut(): void
  /** Whether the client has left. */
  readonly closed: boolean
}

export interface FakeServer {
  /** For the `fetch` option. */
  readonly fetch: typeof fetch
  /** Every request so far, answered with a stream or not. */
  readonly requests: readonly { url: string; headers: Headers }[]
  /** The streams that were opened, the oldest first. */
  readonly connections: readonly FakeConnection[]
  /** Answers the next request so instead of with a stream. Several calls queue up. */
  answerNext(status: number, headers?: Record<string, string>): void
  /** Resolves with the nth stream, n from 1, once it is there. */
  connection(n?: number): Promise<FakeConnection>
}

/** A hub in memory for tests of clients: every stream begins with `connected`, as the hub's do. */
export function createFakeServer(connected: Partial<HubEvents['connected']> = {}): FakeServer {
  const requests: { url: string; headers: Headers }[] = []
  const connections: FakeConnection[] = []
  const answers: [number, Record<string, string>][] = []
  const waiting: [number, (c: FakeConnection) => void][] = []

  const open = (url: string, headers: Headers, signal: AbortSignal | null | undefined): Response => {
    const encoder = new TextEncoder()
    let controller!: ReadableStreamDefaultController<Uint8Array>
    let closed = false
    const body = new ReadableStream<Uint8Array>({
      start: (c) => void (controller = c),
      cancel: () => void (closed = true),
    })
    const cut = (): void => {
      if (!closed) controller.error(new TypeError('network error'))
      closed = true
    }
    const connection: FakeConnection = {
      url,
      headers,
      get closed() {
        return closed
      },
      write(text) {
        if (!closed) controller.enqueue(encoder.encode(text))
      },
      send(type, data, id) {
        connection.write(`${id ? `id: ${id}\n` : ''}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
      },
      end() {
        if (!closed) controller.close()
        closed = true
      },
      cut,
    }
    signal?.addEventListener('abort', cut)
    connections.push(connection)
    connection.send('connected', {
      connectionId: `fake-${connections.length}`, userId: 'user', instance: 'fake', heartbeatMs: 15_000,
      resumed: headers.has('Last-Event-ID'), ...connected,
    })
    for (const [n, resolve] of waiting) if (n === connections.length) resolve(connection)
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
  }

  return {
    requests,
    connections,
    async fetch(input: RequestInfo | URL, init?: RequestInit) {
      init?.signal?.throwIfAborted()
      const url = input instanceof Request ? input.url : String(input)
      const headers = new Headers(init?.headers)
      requests.push({ url, headers })
      const answer = answers.shift()
      if (answer) return new Response(null, { status: answer[0], headers: answer[1] })
      return open(url, headers, init?.signal)
    },
    answerNext: (status, headers = {}) => void answers.push([status, headers]),
    connection(n = 1) {
      const there = connections[n - 1]
      return there ? Promise.resolve(there) : new Promise((resolve) => waiting.push([n, resolve]))
    },
  }
}
