import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { SSEClient, SSEStatus } from '../src/types.ts'

/** One request, and the hand on its response. */
export interface Exchange {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly response: ServerResponse
  readonly at: number
  /** The client has left. */
  closed: boolean
}

export type Answer = (x: Exchange) => void

/** Answers with a stream, which stays open, and sends the text. */
export const stream =
  (text = '', type = 'text/event-stream'): Answer =>
  ({ response }) => {
    response.writeHead(200, { 'Content-Type': type })
    response.flushHeaders()
    if (text) response.write(text)
  }

/** The same, and ends it. */
export const streamOnce =
  (text: string): Answer =>
  (x) => {
    stream(text)(x)
    x.response.end()
  }

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  ({ response }) =>
    response.writeHead(code, headers).end()

/** Takes the request and cuts the connection. */
export const hangUp: Answer = ({ response }) => void response.socket?.destroy()

export const event = (type: string, data: unknown, id?: string): string =>
  `${id ? `id: ${id}\n` : ''}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`

export interface TestServer {
  readonly url: string
  readonly exchanges: Exchange[]
  /** The nth request, n from 1, once it is there. */
  request(n: number): Promise<Exchange>
  readonly open: number
}

/** A real server on a free port that answers one after the other; the last answer repeats. */
export async function serve(...answers: Answer[]): Promise<TestServer> {
  const exchanges: Exchange[] = []
  const server = createServer((request, response) => {
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    const x: Exchange = { path: request.url ?? '', headers: request.headers, response, at: Date.now(), closed: false }
    response.on('close', () => (x.closed = true))
    exchanges.push(x)
    const answer = answers[Math.min(exchanges.length, answers.length) - 1] ?? stream()
    answer(x)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/sse`,
    exchanges,
    async request(n) {
      await until(() => exchanges.length >= n)
      return exchanges[n - 1]!
    },
    get open() {
      return exchanges.filter((x) => !x.closed).length
    },
  }
}

/** Waits for a condition, however slow the machine is; the test's own limit ends it. */
export async function until(condition: () => unknown): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 3))
}

export const untilStatus = (client: Pick<SSEClient<object>, 'getSnapshot'>, wanted: SSEStatus): Promise<void> =>
  until(() => client.getSnapshot().status === wanted)

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
