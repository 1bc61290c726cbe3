import type { Arrival, EventCount, Figures } from '../../client/src/events.ts'
import { clock, duration, latency, number, sum } from './format.ts'
import type { Model } from './model.ts'

export function TopEvents({ events }: { events: readonly EventCount[] }) {
  const most = Math.max(1, ...events.map((e) => e.count))
  return (
    <section className="card stale" aria-labelledby="top-events">
      <h2 id="top-events">Top event types</h2>
      {events.length === 0 && <p className="muted">Nothing was sent through this hub yet.</p>}
      <ol className="bars">
        {events.map((e) => (
          <li key={e.name}>
            <span className="name" title={e.name}>{e.name}</span>
            <progress max={most} value={e.count} aria-hidden="true" />
            <span className="count">{number(e.count)}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

export function Hubs({ hubs }: { hubs: readonly Figures[] }) {
  return (
    <section className="card wide stale" aria-labelledby="hubs">
      <h2 id="hubs">Hubs</h2>
      <div className="scroll" tabIndex={0} role="group" aria-labelledby="hubs">
        <table className="numbers">
          <thead>
            <tr><th scope="col">Hub</th><th scope="col">Connections</th><th scope="col">Users</th><th scope="col">In / s</th><th scope="col">Out / s</th><th scope="col">Slow</th><th scope="col">Up</th></tr>
          </thead>
          <tbody>
            {hubs.map((h, i) => (
              <tr key={h.instance ?? i}>
                <th scope="row">{h.instance}{h.draining && <span className="badge warn">Draining</span>}</th>
                <td>{number(h.totalConnections)}</td>
                <td>{number(h.uniqueUsers)}</td>
                <td>{number(h.messagesInPerSecond['10s'])}</td>
                <td>{number(h.messagesOutPerSecond['10s'])}</td>
                <td>{number(h.slowConsumers)}</td>
                <td>{duration(h.uptimeSeconds)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">All of them</th>
              <td>{number(sum(hubs, (h) => h.totalConnections))}</td>
              <td title="A user may be at several hubs">–</td>
              <td>{number(sum(hubs, (h) => h.messagesInPerSecond['10s']))}</td>
              <td>{number(sum(hubs, (h) => h.messagesOutPerSecond['10s']))}</td>
              <td>{number(sum(hubs, (h) => h.slowConsumers))}</td>
              <td />
            </tr>
          </tfoot>
        </table>
      </div>
    </section>
  )
}

export function Connects({ connects }: { connects: readonly Arrival[] }) {
  return (
    <section className="card stale" aria-labelledby="connects">
      <h2 id="connects">Latest connections</h2>
      {connects.length === 0 && <p className="muted">None yet.</p>}
      <div className="scroll tall" tabIndex={0} role="group" aria-labelledby="connects">
        <table>
          <thead>
            <tr><th scope="col">Time</th><th scope="col">User</th><th scope="col">Client</th></tr>
          </thead>
          <tbody>
            {connects.map((c) => (
              <tr key={c.number}>
                <td>{clock(c.time / 1000)}</td>
                <th scope="row"><span className="clip" title={c.user}>{c.user}</span></th>
                <td><span className="clip" title={c.userAgent}>{c.dashboard && 'dashboard, '}{shorten(c.userAgent)}</span></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

/** The product of a User-Agent that says most. */
export function shorten(agent = ''): string {
  const known = /\b(?:Edg|OPR|Firefox|Headless ?Chrome|Chrome)\/[\d]+/.exec(agent) ?? (/Version\/(\d+).*Safari/.test(agent) ? ['Safari'] : null)
  return (known?.[0] ?? agent.split(' ')[0] ?? '') || 'unknown client'
}

export function History({ rows }: { rows: ReturnType<Model['minutes']> }) {
  return (
    <details className="card wide">
      <summary>The last ten minutes as a table</summary>
      <div className="scroll" tabIndex={0} role="region" aria-label="The last ten minutes as a table">
        <table className="numbers">
          <thead>
            <tr><th scope="col">Time</th><th scope="col">Connections</th><th scope="col">Users</th><th scope="col">In / s</th><th scope="col">Out / s</th><th scope="col">Latency p50</th><th scope="col">Latency p99</th></tr>
          </thead>
          <tbody>
            {rows.map(({ time, values }) => (
              <tr key={time}>
                <th scope="row">{clock(time)}</th>
                <td>{number(values.connections)}</td>
                <td>{number(values.users)}</td>
                <td>{number(values.in)}</td>
                <td>{number(values.out)}</td>
                <td>{latency(values.p50)}</td>
                <td>{latency(values.p99)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
