import type { Backoff } from './backoff.ts'
import type { SSEError } from './error.ts'
import type { BuiltinEvents, Gap } from './events.ts'

/** Payload of `notification`. The hub passes on what your service sends: extend this to match it. */
export interface Notification {
  title: string
  body?: string
}

/** Payload of `systemUpdate`. Extend it as well. */
export interface SystemUpdate {
  message: string
}

/**
 * Event names and their payloads. Add your own by declaration merging
 * (`declare module '@example/hub-client' { interface HubEvents { … } }`), or pass an interface of
 * your own as the type argument.
 */
export interface HubEvents extends BuiltinEvents {
  notification: Notification
  systemUpdate: SystemUpdate
  message: unknown
}

/**
 * `idle` before `connect()`; `waiting` for the next attempt; `paused` while the page is hidden, if
 * you asked for that; `closed` by you, or because no retry can help.
 */
export type SSEStatus = 'idle' | 'connecting' | 'open' | 'waiting' | 'paused' | 'closed'

export interface SSEEvent<T, K extends string = string> {
  type: K
  data: T
  /** The data as it came. */
  raw: string
  /** The position in the stream after this event. */
  id: string
  /** `Date.now()` at its arrival. */
  receivedAt: number
}

/** Every event of M: a union that `type` tells apart. */
export type EventOf<M extends object> = { [K in keyof M & string]: SSEEvent<M[K], K> }[keyof M & string]

/** What `url` and `getToken` are told about the attempt they are asked for. */
export interface AttemptContext {
  /** The last token was refused or is about to expire: get a new one, not one from a cache. */
  refresh: boolean
  /** Failures in a row so far. */
  attempt: number
  /** Aborted when the attempt is given up. */
  signal: AbortSignal
}

export interface SSEClientOptions<M extends object = HubEvents> {
  /** A function is asked before every attempt: for one-time tickets. */
  url: string | URL | ((c: AttemptContext) => string | URL | Promise<string | URL>)
  /**
   * Bearer token, asked for before every attempt. null or '' sends none. What it throws is retried
   * like a network error, but an `SSEError` that is not `retryable` ends the client.
   */
  getToken?: ((c: AttemptContext) => string | null | Promise<string | null>) | undefined
  headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined
  method?: string | undefined
  body?: BodyInit | (() => BodyInit) | undefined
  /** Default `same-origin`: cookies go along to the page's own origin. */
  credentials?: RequestCredentials | undefined
  /** Must stream response bodies. React Native's own does not: pass that of `expo/fetch`. */
  fetch?: typeof fetch | undefined
  /** Where to resume at the first attempt. */
  lastEventId?: string | undefined
  /** Keeps the position over reloads. `set` is called after the handlers of an event ran. */
  storage?: { get(): string | null; set(id: string): void } | undefined
  backoff?: Partial<Backoff> | undefined
  /** Failures in a row after which the client gives up. Default: never. */
  maxRetries?: number | undefined
  /** Overrides `error.retryable`, except after 204. Return undefined to leave it. */
  shouldRetry?: ((error: SSEError, attempt: number) => boolean | undefined) | undefined
  /** Silence after which a stream is replaced. Default 45000, or 3 heartbeats of the hub; 0 for never. */
  idleTimeoutMs?: number | undefined
  /** From the start of an attempt to the response's head, getToken included. Default 15000. */
  connectTimeoutMs?: number | undefined
  /** Default `keep`. */
  whenHidden?: 'keep' | 'pause-after' | undefined
  /** Default 60000. */
  pauseAfterMs?: number | undefined
  /** Default `JSON.parse`. A schema library fits in here; what it throws goes to `onError`. */
  parse?: (<K extends keyof M & string>(type: K | (string & {}), raw: string) => unknown) | undefined
  /** Characters of one event. Default 16 Mi. */
  maxEventChars?: number | undefined
  /** Events were lost for good: fetch the state again. */
  onGap?: ((gap: Gap) => void) | undefined
  /** Every failure, also those that are retried. */
  onError?: ((error: SSEError) => void) | undefined
  onComment?: ((text: string) => void) | undefined
}

/** Does not change until the status does, but for `lastEventId`, which is live. */
export interface SSESnapshot {
  readonly status: SSEStatus
  readonly isConnected: boolean
  /** Why the stream is not open, or null. */
  readonly error: SSEError | null
  /** Failures in a row. */
  readonly attempt: number
  /** When the next attempt is due, on the clock of `Date.now()`; null unless `waiting`. */
  readonly retryAt: number | null
  readonly lastEventId: string
}

export interface SSEClient<M extends object = HubEvents> {
  /** Starts from `idle` or `closed`; otherwise does nothing. */
  connect(): void
  /** Replaces the stream now, whatever the status. */
  reconnect(): void
  close(): void
  /** Adds a handler and returns how to remove it. '*' gets every event. They run in the order in which they were added. */
  on<K extends keyof M & string>(type: K, fn: (data: M[K], event: SSEEvent<M[K], K>) => void): () => void
  on(type: '*', fn: (data: unknown, event: SSEEvent<unknown>) => void): () => void
  /** Calls fn when the snapshot changed. */
  subscribe(fn: () => void): () => void
  getSnapshot(): SSESnapshot
  /**
   * The events from now on, until `signal` aborts or the client closes. Throws if more than `max`
   * (1024) of them wait, since leaving some out in silence would be worse.
   */
  events(options?: { signal?: AbortSignal; max?: number }): AsyncIterable<EventOf<M>>
  [Symbol.dispose](): void
}
