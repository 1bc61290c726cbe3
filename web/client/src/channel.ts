import { SSEError, type SSEErrorKind } from './error.ts'
import type { Gap } from './events.ts'
import type { SSEClient, SSEClientOptions, SSEEvent, SSESnapshot, SSEStatus } from './types.ts'

type Handler = (data: unknown, event: SSEEvent<unknown>) => void

/** Handlers, status and position of a client: what is the same wherever the events come from. */
export interface Channel<M extends object> extends Pick<SSEClient<M>, 'on' | 'subscribe' | 'getSnapshot'> {
  /** Position after the last event whose handlers ran. */
  id: string
  set(status: SSEStatus, error?: SSEError | null, attempt?: number, retryAt?: number | null): void
  emit(type: string, raw: string, id: string): void
  /** Takes the position to start from, unless there is one. */
  restore(): void
  /** Moves the position on. */
  commit(id: string): void
}

type Reporter = Pick<SSEClientOptions, 'onError'>

/** Runs the user's code: what it throws is reported, never goes unseen, and stops nothing of ours. */
export function guard<T>(o: Reporter, kind: SSEErrorKind, fn: () => T): T | undefined {
  try {
    return fn()
  } catch (cause) {
    try {
      ;(o.onError ?? console.error)(new SSEError(kind, String(cause), true, undefined, cause))
    } catch (e) {
      console.error(e)
    }
    return
  }
}

const add = <T>(set: Set<T>, item: T): (() => void) => {
  set.add(item)
  return () => set.delete(item)
}

const snapshotOf = (
  channel: { id: string }, status: SSEStatus, error: SSEError | null, attempt: number, retryAt: number | null,
): SSESnapshot => ({
  status,
  isConnected: status === 'open',
  error,
  attempt,
  retryAt,
  get lastEventId() {
    return channel.id
  },
})

/** The snapshot of a client that was never started, and of one on a server. */
export const IDLE: SSESnapshot = snapshotOf({ id: '' }, 'idle', null, 0, null)

export function createChannel<M extends object>(o: Omit<SSEClientOptions<M>, 'url'>): Channel<M> {
  const handlers = new Set<readonly [type: string, fn: Handler]>()
  const listeners = new Set<() => void>()
  let snapshot = IDLE

  const channel: Channel<M> = {
    id: '',
    set(status, error = null, attempt = 0, retryAt = null) {
      snapshot = snapshotOf(channel, status, error, attempt, retryAt)
      for (const fn of [...listeners]) guard(o, 'handler', fn)
    },
    getSnapshot: () => snapshot,
    subscribe: (fn) => add(listeners, () => fn()),
    on: (type: string, fn: unknown) => add(handlers, [type, fn as Handler] as const),
    emit(type, raw, id) {
      const wanted = [...handlers].filter(([t]) => t === type || t === '*')
      if (!wanted[0]) return
      guard(o, 'parse', () => {
        const data: unknown = o.parse ? o.parse(type, raw) : JSON.parse(raw)
        const event = { type, data, raw, id, receivedAt: Date.now() }
        for (const [, fn] of wanted) guard(o, 'handler', () => fn(data, event))
      })
    },
    restore() {
      channel.id ||= o.lastEventId ?? guard(o, 'handler', () => o.storage?.get()) ?? ''
    },
    commit(id) {
      if (id === channel.id) return
      channel.id = id
      guard(o, 'handler', () => o.storage?.set(id))
    },
  }
  channel.on('gap' as keyof M & string, (gap) => o.onGap?.(gap as Gap))
  return channel
}
