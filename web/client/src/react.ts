'use client'
import {
  createContext, createElement, useCallback, useContext, useInsertionEffect, useRef, useState,
  useSyncExternalStore, type Context, type ReactElement, type ReactNode,
} from 'react'
import { IDLE } from './channel.ts'
import type { BareClient } from './client.ts'
import type { SSEError } from './error.ts'
import { acquire } from './pool.ts'
import type { EventOf, HubEvents, SSEClientOptions, SSEEvent, SSESnapshot, SSEStatus } from './types.ts'

type Any = any

/** Which stream a hook uses. Hooks of one page with the same url, credentials and identity share one. */
export interface StreamOptions<M extends object = HubEvents> extends Omit<SSEClientOptions<M>, 'url'> {
  /** Default `/api/sse`. */
  url?: string | undefined
  /** Who is logged in. Give it, or a logout and login would keep the old user's stream. */
  identity?: string | undefined
  /** Default true. */
  enabled?: boolean | undefined
  /** A client of your own, instead of the page's. The hook starts it and never closes it. */
  client?: BareClient<M> | undefined
}

export interface UseSSEOptions<M extends object = HubEvents> extends StreamOptions<M> {
  /** Called for every event, in order; changing them does not reconnect. */
  eventHandlers?: { [K in keyof M & string]?: (data: M[K], event: SSEEvent<M[K], K>) => void } | undefined
  /** Called for every event, after its handler. */
  onEvent?: ((event: EventOf<M>) => void) | undefined
  /** How often `lastEvent` renders anew, at most: per frame (default), per so many ms, or per event. */
  throttle?: 'frame' | number | false | undefined
  /** Events that do not become `lastEvent`. Default `['ping']`. */
  ignore?: readonly (keyof M & string)[] | undefined
}

export interface UseSSEResult<M extends object = HubEvents> {
  isConnected: boolean
  error: SSEError | null
  /** For display: some are skipped. It renders anew only if it is read. Use handlers to miss none. */
  readonly lastEvent: EventOf<M> | null
  /** Stable. */
  reconnect(): void
  /** Stable. Leaves the stream; `scope: 'page'` ends it for all who share it. */
  closeConnection(options?: { scope?: 'hook' | 'page' }): void
  status: SSEStatus
  attempt: number
  retryAt: number | null
}

const Defaults: Context<StreamOptions<Any>> = /* @__PURE__ */ createContext<StreamOptions<Any>>({})

/** Options for all hooks below it: `<SSEProvider getToken={getToken} identity={user.id}>`. */
export function SSEProvider({ children, ...options }: StreamOptions<Any> & { children?: ReactNode }): ReactElement {
  return createElement(Defaults.Provider, { value: options }, children)
}

/** The last gap that each function was told of: a provider's is that of many hooks, and is called once. */
const told = /* @__PURE__ */ new WeakMap<object, object>()

interface Stream extends SSESnapshot, Pick<UseSSEResult<Any>, 'reconnect' | 'closeConnection'> {}

/** Joins the stream that the options name. listen is called with null when the stream changes. */
function useStream(own: StreamOptions<Any>, listen?: (event: EventOf<Any> | null) => void, quiet?: boolean): Stream {
  const given = useContext(Defaults)
  const options = { url: '/api/sse', ...given, client: own.url ? undefined : given.client, ...own, listen }
  const { client, enabled } = options
  const latest = useRef(options)
  useInsertionEffect(() => {
    latest.current = options
  })
  const active = useRef<BareClient<Any>>(null)
  const [detached, setDetached] = useState(false)
  const key = enabled === false || detached ? '' : [options.url, options.credentials, options.identity].join(' ')

  const [stable] = useState(() => ({
    reconnect() {
      setDetached(false)
      active.current?.reconnect()
    },
    closeConnection(o?: { scope?: string }) {
      if (o?.scope === 'page') active.current?.close()
      setDetached(true)
    },
  }))

  const subscribe = useCallback(
    (changed: () => void) => {
      if (!key) return () => {}
      const [stream, release] = client ? [client] : acquire(key, latest)
      const off = [
        stream.subscribe(changed),
        stream.on('gap', (gap, event) => {
          const { onGap } = latest.current
          if (!onGap || told.get(onGap) === event) return
          told.set(onGap, event)
          onGap(gap)
        }),
        stream.on('*', (_, event) => latest.current.listen?.(event as EventOf<Any>)),
        release,
      ]
      active.current = stream
      if (stream.getSnapshot().status === 'idle') stream.connect()
      return () => {
        active.current = null
        latest.current.listen?.(null)
        for (const fn of off) fn?.()
      }
    },
    [key, client],
  )
  return {
    ...useSyncExternalStore(subscribe, () => (!quiet && active.current?.getSnapshot()) || (detached ? CLOSED : IDLE), () => IDLE),
    ...stable,
  }
}

const CLOSED: SSESnapshot = { ...IDLE, status: 'closed' }

/** Joins the user's stream. */
export function useSSE<M extends object = HubEvents>(own: UseSSEOptions<NoInfer<M>> = {}): UseSSEResult<M> {
  const o: UseSSEOptions<Any> = own
  const [, render] = useState({})
  const [shown] = useState({ last: null as EventOf<Any> | null, read: false, due: false })
  const stream = useStream(o, (event) => {
    if (!event || !(o.ignore ?? ['ping']).includes(event.type)) {
      shown.last = event
      if (shown.read && !shown.due) {
        shown.due = true
        const show = (): void => {
          shown.due = false
          render({})
        }
        const { throttle = 'frame' } = o
        if (!throttle) show()
        else if (throttle === 'frame') (globalThis.requestAnimationFrame ?? setTimeout)(show)
        else setTimeout(show, throttle)
      }
    }
    if (!event) return
    const { type, data } = event
    o.eventHandlers?.[type]?.(data, event)
    o.onEvent?.(event)
  })
  return {
    ...stream,
    get lastEvent() {
      shown.read = true
      return shown.last as EventOf<M> | null
    },
  }
}

/** Joins the dashboard's stream, which needs the scope `dashboard`. */
export function useDashboardSSE<M extends object = HubEvents>(o: UseSSEOptions<NoInfer<M>> = {}): UseSSEResult<M> {
  return useSSE<M>({ ...o, url: o.url ?? '/api/dashboard/sse' } as UseSSEOptions<NoInfer<M>>)
}

/** Calls fn for every event of a type. Never renders anew. */
export function useSSEEvent<M extends object = HubEvents, K extends keyof M & string = keyof M & string>(
  type: K, fn: (data: M[K], event: SSEEvent<M[K], K>) => void, o: StreamOptions<NoInfer<M>> = {},
): void {
  useStream(o, (event) => event?.type === type && fn(event.data, event as Any), true)
}

/** Folds the events of a type into a value, which starts anew with the stream, say for another user. `reduce` must be pure. */
export function useSSEValue<M extends object = HubEvents, K extends keyof M & string = keyof M & string, S = unknown>(
  type: K, reduce: (state: S, data: M[K]) => S, init: S, o: StreamOptions<NoInfer<M>> = {},
): S {
  const [value, set] = useState(init)
  useStream(o, (event) => (event ? event.type === type && set((state) => reduce(state, event.data)) : set(() => init)), true)
  return value
}

/** The state of the stream, for a badge somewhere in the page. */
export function useSSEStatus(o: StreamOptions<Any> = {}): SSESnapshot {
  return useStream(o)
}
