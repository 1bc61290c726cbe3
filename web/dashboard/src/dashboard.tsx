import { useEffect, useState } from 'react'
import type { Figures, SSEError } from '../../client/src/index.ts'
import { useDashboardSSE, type UseSSEResult } from '../../client/src/react.ts'
import { Chart, type Line } from './chart.tsx'
import { bytes, clock, duration, latency, number, sum } from './format.ts'
import { FRESH_MS, Model } from './model.ts'
import { Connects, History, Hubs, TopEvents } from './panels.tsx'
import { Send } from './send.tsx'

const CONNECTIONS: readonly Line[] = [
  { column: 'connections', label: 'Connections', color: '--blue' },
  { column: 'users', label: 'Users', color: '--orange' },
]
const RATES: readonly Line[] = [
  { column: 'in', label: 'In', color: '--blue' },
  { column: 'out', label: 'Out', color: '--orange' },
]
const LATENCY: readonly Line[] = [
  { column: 'p50', label: 'p50', color: '--blue' },
  { column: 'p99', label: 'p99', color: '--orange' },
]

interface Props {
  token: string
  identity: string
  onLogout: () => void
  onRefused: (error: SSEError) => void
}

/** The page of someone who is logged in. */
export function Dashboard({ token, identity, onLogout, onRefused }: Props) {
  const [model] = useState(() => new Model())
  const [version, setVersion] = useState(0)
  const show = () => setVersion((v) => v + 1)
  const stream = useDashboardSSE<{ dashboardUpdate: unknown }>({
    url: new URL('../api/dashboard/sse', document.baseURI).href,
    identity,
    getToken: () => token,
    eventHandlers: {
      dashboardUpdate: (update) => {
        if (model.apply(update) && !document.hidden) show()
      },
    },
  })
  const { error, isConnected, status } = stream
  useEffect(() => {
    if (status === 'closed' && error) onRefused(error)
  })
  useEffect(() => {
    if (!isConnected) model.ended()
  }, [isConnected, model])
  useEffect(() => {
    const timer = setTimeout(() => document.hidden || show(), FRESH_MS) // unless an update comes first
    return () => clearTimeout(timer)
  }, [version])
  useEffect(() => {
    document.addEventListener('visibilitychange', show)
    return () => document.removeEventListener('visibilitychange', show)
  }, [])

  const now = model.now
  const age = isConnected ? model.age : 'none'
  /** A figure of all hubs, if there are several. */
  const together = (of: (hub: Figures) => number) => now?.hubs && `${number(sum(now.hubs, of))} on all hubs`
  return (
    <>
      <header>
        <h1>Hub dashboard</h1>
        <Status stream={stream} age={age} draining={now?.draining ?? false} of={now?.time} />
        <span className="spacer" />
        {now && <span className="muted">{now.hubs && 'connected to '}{now.instance && <b>{now.instance}</b>} up {duration(now.uptimeSeconds)}, {bytes(now.bytesOut)} sent</span>}
        <button type="button" className="quiet" onClick={onLogout}>Log out</button>
      </header>
      {now ? (
        <main aria-busy={age !== 'fresh'}>
          <dl className="tiles">
            <Tile name="Connections" value={number(now.totalConnections)} note={together((h) => h.totalConnections) ?? `${number(now.connectionsOpened)} since the start`} />
            <Tile name="Users" value={number(now.uniqueUsers)} note={`topics: ${number(now.topics)}`} />
            <Tile name="Messages in / s" value={number(now.messagesInPerSecond['1s'])} note={together((h) => h.messagesInPerSecond['10s']) ?? `${number(now.messagesInPerSecond['60s'])} over a minute`} />
            <Tile name="Messages out / s" value={number(now.messagesOutPerSecond['1s'])} note={together((h) => h.messagesOutPerSecond['10s']) ?? `${number(now.messagesOutPerSecond['60s'])} over a minute`} />
            <Tile name="Latency p99" value={latency(now.latencyP99Ms)} note={now.latencyP50Ms ? `p50 ${latency(now.latencyP50Ms)}` : 'none just now'} />
            <Tile name="Slow consumers" value={number(now.slowConsumers)} note="since the start" />
          </dl>
          <div className="grid">
            <Chart title="Connections and users" lines={CONNECTIONS} model={model} version={version} format={number} />
            <Chart title="Messages per second" lines={RATES} model={model} version={version} format={number} />
            <Chart title="Delivery latency" lines={LATENCY} model={model} version={version} format={latency} dots />
            <TopEvents events={now.topEvents ?? []} />
            {now.hubs && <Hubs hubs={now.hubs} />}
            <Connects connects={model.connects} />
            <Send token={token} />
            <History rows={model.minutes()} />
          </div>
        </main>
      ) : (
        <main className="waiting"><p>Waiting for the first figures…</p></main>
      )}
    </>
  )
}

function Tile({ name, value, note }: { name: string; value: string; note: string }) {
  return (
    <div className="card tile">
      <dt>{name}</dt>
      <dd className="value" data-figure={name}>{value}</dd>
      <dd className="muted">{note}</dd>
    </div>
  )
}

interface StatusProps {
  stream: Pick<UseSSEResult, 'error' | 'reconnect'>
  age: Model['age']
  draining: boolean
  /** When the figures that are shown were taken. */
  of: number | undefined
}

function Status({ stream, age, draining, of }: StatusProps) {
  const [kind, text] =
    age === 'fresh' ? (draining ? ['warn', 'Draining'] : ['good', 'Live'])
    : age === 'old' ? ['warn', 'No new figures']
    : ['bad', stream.error ? 'Disconnected, trying again' : 'Connecting']
  return (
    <>
      <span role="status" className={`badge ${kind}`}>{text}</span>
      {age !== 'fresh' && of && <span className="muted">figures of {clock(of / 1000)}</span>}
      {(stream.error ?? age === 'old') && <button type="button" className="quiet" onClick={stream.reconnect}>Try now</button>}
    </>
  )
}
