import { askedMs, backoffMs, retryAfterMs } from './backoff.ts'
import { createChannel, guard } from './channel.ts'
import { SSEError } from './error.ts'
import { iterable } from './iterate.ts'
import { createParser } from './parser.ts'
import type { HubEvents, SSEClient, SSEClientOptions } from './types.ts'

/** Longer ones overflow, and fire at once. */
const MAX_TIMER = 2e9

// Timers, by what they are for. The first is for an answer, then for silence, then for the next attempt.
const MAIN = 0
const RENEW = 1
const PAUSE = 2

const call = <T, A>(value: T | ((arg: A) => T | Promise<T>), arg: A): T | Promise<T> =>
  typeof value === 'function' ? (value as (arg: A) => T | Promise<T>)(arg) : value

/** Headers are Latin-1: the bytes of UTF-8, each as a character. */
const byteString = (text: string): string => unescape(encodeURIComponent(text))

/**
 * A client of one stream. It does nothing until `connect()`, so that creating one is safe on a
 * server; then it keeps the stream open until `close()`, or until no retry can help.
 */
export function createSSEClient<M extends object = HubEvents>(o: SSEClientOptions<M>): SSEClient<M> {
  return iterable<M, BareClient<M>>(createBareClient(o))
}

export type BareClient<M extends object> = Omit<SSEClient<M>, 'events'>

/** The same without `events()`, for the hooks. */
export function createBareClient<M extends object>(o: SSEClientOptions<M>): BareClient<M> {
  const channel = createChannel<M>(o)
  const timers: ReturnType<typeof setTimeout>[] = []
  // What began under an older number has been replaced, and touches nothing any more.
  let generation = 0
  let controller: AbortController | undefined
  let failures = 0
  let retryMs = 0 // the server's retry field
  let refresh = false // the next token must be a new one
  let refused = false // a new token was asked for, and no stream has opened since
  let token: string | null | undefined
  let outdated: typeof token // what was given up shortly before it would expire
  let heardAt = 0
  let heartbeatMs = 0

  const later = (slot: number, ms: number, fn: () => void): void => {
    clearTimeout(timers[slot])
    timers[slot] = setTimeout(fn, Math.min(ms, MAX_TIMER))
  }

  const halt = (): void => {
    generation++
    controller?.abort()
    clearTimeout(timers[MAIN])
    clearTimeout(timers[RENEW])
  }

  const renewable = (): unknown => o.getToken || typeof o.url === 'function'
  /** How long the stream may still be silent. */
  const patience = (): number =>
    heardAt + ((o.idleTimeoutMs ?? Math.max(45_000, 3 * heartbeatMs)) || Infinity) - Date.now()

  const attempt = async (): Promise<void> => {
    halt()
    const current = generation
    const { signal } = (controller = new AbortController())
    let openedAt = 0
    let asked = 0
    let farewell = 'stream ended'

    const finish = (e: unknown): void => {
      if (current === generation) settle(e, openedAt, asked)
    }
    const timeout = (): void => finish(new SSEError('timeout', openedAt ? 'silent stream' : 'no answer'))
    const watch = (): void => later(MAIN, patience(), () => (patience() > 0 ? watch() : timeout()))

    /** The hub's own events tell how to treat the stream. What cannot be read changes nothing. */
    const heed = (type: string, raw: string): void => {
      if (!/^(connected|reconnect)$/.test(type)) return
      try {
        const data = JSON.parse(raw)
        if (data.reason) {
          asked = +data.retryMs || 0
          farewell += ': ' + data.reason
        } else {
          heartbeatMs = +data.heartbeatMs || 0
          // Leave in time for a stream with a new token, unless the source has shown to have none.
          if (data.tokenExpiresInMs && renewable() && !(token && token === outdated)) {
            later(RENEW, (0.8 + Math.random() / 10) * data.tokenExpiresInMs, () => finish(null))
          }
        }
      } catch {}
    }

    // Timers first: who is told of a status may close the client.
    later(MAIN, o.connectTimeoutMs ?? 15_000, timeout)
    channel.set('connecting', channel.getSnapshot().error, failures)
    try {
      const context = { refresh, attempt: failures, signal }
      const url = (await call(o.url, context)) as string
      const bearer = await o.getToken?.(context)
      const headers = new Headers(await call(o.headers, context))
      if (current !== generation) return
      refresh = false
      token = bearer
      headers.set('Accept', 'text/event-stream')
      // Tells the hub that a status is understood; in the query it spares a preflight.
      if (!/[?&]transport=fetch/.test(url)) headers.set('X-SSE-Client', 'ts')
      if (token) headers.set('Authorization', 'Bearer ' + token)
      // An id that no header can carry would fail every attempt from now on.
      if (/^[^\0-\x1f\x7f]+$/.test(channel.id)) headers.set('Last-Event-ID', byteString(channel.id))

      const response = await (o.fetch ?? fetch)(url, {
        method: o.method as string,
        headers,
        body: (await call(o.body, context)) as BodyInit,
        credentials: o.credentials as RequestCredentials,
        cache: 'no-store',
        signal,
      })
      if (current !== generation) return
      const { status, body } = response
      const code = 'HTTP ' + status
      if (status === 204) throw new SSEError('stopped', code, false, status)
      if (status !== 200) {
        asked = retryAfterMs(response.headers.get('Retry-After'))
        throw new SSEError(/40[13]/.test(code) ? 'auth' : 'http', code, / (5|408|425|429)/.test(code), status)
      }
      const type = String(response.headers.get('Content-Type'))
      if (!/^text\/event-stream *(;|$)/i.test(type)) throw new SSEError('content-type', 'not a stream: ' + type, false, status)
      if (!body) throw new SSEError('network', 'fetch without streaming', false)

      openedAt = heardAt = Date.now()
      refused = false
      watch()
      channel.set('open')
      const push = createParser(
        {
          event(type, data, id) {
            if (current !== generation) return
            heed(type, data)
            channel.emit(type, data, id)
            channel.commit(id) // even if a handler of this very event closed the stream
          },
          id(id) {
            if (current === generation) channel.commit(id)
          },
          retry: (ms) => (retryMs = ms),
          comment: (text) => guard(o, 'handler', () => o.onComment?.(text)),
        },
        channel.id,
        o.maxEventChars,
      )
      const reader = body.getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (current !== generation) return
        if (done) throw new SSEError('network', farewell)
        heardAt = Date.now()
        push(value)
      }
    } catch (e) {
      finish(e)
    }
  }

  /** Decides after an attempt whether and when to make the next. null stands for a token about to expire. */
  const settle = (cause: unknown, openedAt: number, asked: number): void => {
    halt()
    const backoff = { minMs: 1000, maxMs: 30_000, factor: 2, jitter: 'equal', resetAfterMs: 5000, ...o.backoff } as const
    const stable = openedAt && Date.now() - openedAt >= backoff.resetAfterMs
    const e = cause instanceof SSEError ? cause
      : new SSEError(cause instanceof RangeError ? 'parse' : 'network', String(cause ?? 'token expires'), true, undefined, cause)
    if (stable) failures = 0
    if (!cause) {
      refresh = true
      outdated = token
      if (stable) return void attempt()
    }
    if (e.status === 401 && !refused && renewable()) {
      refresh = refused = true
      return void attempt()
    }

    const current = generation
    const retry = e.kind !== 'stopped' && (guard(o, 'handler', () => o.shouldRetry?.(e, failures)) ?? e.retryable)
    guard(o, 'handler', () => o.onError?.(e))
    if (current !== generation) return
    if (!retry || failures >= o.maxRetries!) return end(e)
    wait(Math.max(backoffMs(backoff, ++failures, retryMs), askedMs(asked)), e)
  }

  const wait = (ms: number, e: SSEError | null): void => {
    ms = Math.min(ms, 3.6e6) // no server can make a client wait longer
    later(MAIN, ms, attempt)
    channel.set('waiting', e, failures, Date.now() + ms)
  }

  const end = (e: SSEError | null = null): void => {
    halt()
    listen('removeEventListener')
    channel.set('closed', e, failures)
  }

  /** The page came back, or the network did: do not wait, and do not trust a stream that was silent. */
  const wake = ({ type }: Event): void => {
    const hidden = document.visibilityState === 'hidden'
    if (type === 'visibilitychange') {
      clearTimeout(timers[PAUSE])
      if (hidden && o.whenHidden === 'pause-after') {
        later(PAUSE, o.pauseAfterMs ?? 60_000, () => {
          halt()
          channel.set('paused')
        })
      }
      if (hidden) return
    }
    const { status, error } = channel.getSnapshot()
    if (status === 'waiting' || (status === 'paused' && !hidden) || (status === 'open' && patience() <= 0)) {
      failures = 0
      halt()
      wait(type === 'online' ? Math.random() * 1000 : 0, error)
    }
  }

  const listen = (method: 'addEventListener' | 'removeEventListener'): void => {
    clearTimeout(timers[PAUSE])
    if (typeof document === 'undefined') return
    document[method]('visibilitychange', wake as EventListener)
    globalThis[method]('online', wake as EventListener)
    globalThis[method]('pageshow', wake as EventListener)
  }

  const reconnect = (): void => {
    channel.restore()
    failures = 0
    refused = false
    listen('addEventListener')
    void attempt()
  }

  return Object.assign(channel, {
    connect() {
      if (/idle|closed/.test(channel.getSnapshot().status)) reconnect()
    },
    reconnect,
    close: () => end(),
    [Symbol.dispose]: () => end(),
  })
}
