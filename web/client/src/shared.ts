import { createChannel, type Channel } from './channel.ts'
import { createBareClient, createSSEClient, type BareClient } from './client.ts'
import { SSEError } from './error.ts'
import { iterable } from './iterate.ts'
import type { HubEvents, SSEClient, SSEClientOptions } from './types.ts'

export interface SharedSSEOptions<M extends object = HubEvents> extends SSEClientOptions<M> {
  /** Who is logged in: tabs of different users never share. */
  identity: string
  /** Names the stream if `url` is a function. Default: the url. */
  name?: string | undefined
  /** How often the leader says that it is there. Default 5000. */
  leaderHeartbeatMs?: number | undefined
  /** Silence after which another tab takes over from the leader. Default 3 heartbeats. */
  leaderTimeoutMs?: number | undefined
}

/** What tabs tell each other. `term` counts leaders: what an earlier one still says is ignored. */
type Post =
  | { ask: 'state' | 'reconnect' }
  | { term: number; id: string; state: State }
  | { term: number; id: string; type: string; raw: string; own: boolean }

/** A snapshot as it can be sent. */
type State = [...Parameters<Channel<object>['set']>, failure: ConstructorParameters<typeof SSEError> | null]

/** Ids kept to recognise what two leaders both passed on. */
const REMEMBERED = 256

/**
 * A client whose stream all tabs of a browser share: Web Locks elect a leader, which alone has a
 * connection and passes events on over a BroadcastChannel. When it closes, or falls silent because
 * the browser froze it, the next tab resumes where the last event was. Without Web Locks or
 * BroadcastChannel every tab has a stream of its own.
 */
export function createSharedSSEClient<M extends object = HubEvents>(o: SharedSSEOptions<M>): SSEClient<M> {
  if (typeof BroadcastChannel !== 'function' || !globalThis.navigator?.locks) return createSSEClient(o)

  const channel = createChannel<M>(o)
  const name = 'sse:' + hash([o.name ?? String(o.url), o.credentials, o.identity].join())
  const beatMs = o.leaderHeartbeatMs ?? 5000
  const seen = new Set<string>()
  let port: BroadcastChannel | undefined
  let leader: BareClient<M> | undefined // our own stream, while we lead
  let term = 0
  let heardAt = 0
  let suspect = false
  let timer: ReturnType<typeof setInterval> | undefined
  let resign = (): void => {}

  const post = (p: Post): void => port?.postMessage(p)

  const announce = (): void => {
    const { status, error: e, attempt, retryAt } = channel.getSnapshot()
    post({ term, id: channel.id, state: [status, null, attempt, retryAt, e && [e.kind, e.message, e.retryable, e.status]] })
  }

  const deliver = (type: string, raw: string, id: string, own: boolean): void => {
    if (own) {
      if (seen.has(id)) return
      seen.add(id)
      if (seen.size > REMEMBERED) seen.delete([...seen][0]!)
    }
    channel.emit(type, raw, id)
    channel.commit(id)
  }

  const lead = (): Promise<void> => {
    demote()
    term++
    let position = channel.id
    const stream = (leader = createBareClient<M>({
      ...o,
      lastEventId: position,
      storage: undefined,
      whenHidden: 'keep', // others may be looking
      onGap: undefined, // our own handlers get it
      parse: (_, raw) => raw,
    }))
    stream.on('*', (_, { type, raw, id }) => {
      const own = id !== position
      position = id
      post({ term, id, type, raw, own })
      deliver(type, raw, id, own)
    })
    stream.subscribe(() => {
      if (leader !== stream) return
      const { status, error, attempt, retryAt } = stream.getSnapshot()
      channel.set(status, error, attempt, retryAt)
      announce()
    })
    stream.connect()
    return new Promise((resolve) => (resign = resolve))
  }

  /** Ends our lead, if we have it. */
  const demote = (): void => {
    const stream = leader
    leader = undefined
    stream?.close()
    resign()
  }

  const campaign = (steal?: boolean): void => {
    const mine = port
    let held: typeof leader
    navigator.locks
      .request(name, steal ? { steal } : {}, () => {
        if (mine !== port) return
        const done = lead()
        held = leader
        return done
      })
      .catch(() => {}) // another tab took our lock, since we were silent for too long
      .then(() => {
        if (mine !== port) return
        if (held === leader) demote()
        campaign()
      })
  }

  const receive = ({ data }: MessageEvent<Post>): void => {
    if ('ask' in data) {
      if (data.ask === 'reconnect') leader?.reconnect()
      else if (leader) announce()
      return
    }
    if (data.term < term || (leader && data.term === term)) return
    if (data.term > term) {
      term = data.term
      demote()
    }
    heardAt = Date.now()
    suspect = false
    if ('type' in data) return deliver(data.type, data.raw, data.id, data.own)
    if (!channel.id) channel.commit(data.id)
    const [status, , attempt, retryAt, failure] = data.state
    const now = channel.getSnapshot()
    if (status !== now.status || attempt !== now.attempt || retryAt !== now.retryAt) {
      channel.set(status, failure && new SSEError(...failure), attempt, retryAt)
    }
  }

  /** A leader whose timers the browser slows down still answers a question; a frozen one does not. */
  const check = (): void => {
    if (leader) return announce()
    if (Date.now() - heardAt < (o.leaderTimeoutMs ?? 3 * beatMs)) return
    if (suspect) campaign(true)
    else post({ ask: 'state' })
    suspect = !suspect
  }

  const start = (): void => {
    channel.restore()
    channel.set('connecting')
    port = new BroadcastChannel(name)
    port.onmessage = receive
    heardAt = Date.now()
    timer = setInterval(check, beatMs)
    post({ ask: 'state' })
    campaign()
  }

  const close = (): void => {
    clearInterval(timer)
    port?.close()
    port = undefined
    demote()
    channel.set('closed')
  }

  const connect = (): void => {
    if (!port) start()
  }

  return iterable<M, BareClient<M>>(Object.assign(channel, {
    connect,
    reconnect() {
      if (leader) leader.reconnect()
      else if (port) post({ ask: 'reconnect' })
      else start()
    },
    close,
    [Symbol.dispose]: close,
  }))
}

/** FNV-1a, so that names tell no one who is logged in. */
function hash(text: string): string {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return (h >>> 0).toString(36)
}
