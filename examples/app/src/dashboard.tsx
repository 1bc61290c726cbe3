import type { DashboardUpdate, SSEClient } from '@example/hub-client'
import { useDashboardSSE } from '@example/hub-client/react'
import { useState } from 'react'
import type { Order } from './events.ts'

/** The hub's figures, once a second, and the shop's orders, which the backend sends to the topic "dashboard". */
export function Dashboard({ client }: { client: SSEClient }) {
  const [now, setNow] = useState<DashboardUpdate>()
  const [orders, setOrders] = useState<Order[]>([])
  const { isConnected, error } = useDashboardSSE({
    client,
    eventHandlers: {
      dashboardUpdate: setNow,
      order: (o) => setOrders((list) => [o, ...list].slice(0, 10)),
    },
  })

  if (!now) return <p className="muted">{error ? `No figures: ${error.message}` : 'Waiting for the first figures…'}</p>
  return (
    <div aria-busy={!isConnected}>
      <dl className="figures">
        <Figure name="Streams open" value={now.totalConnections} />
        <Figure name="Customers online" value={now.uniqueUsers} />
        <Figure name="Messages a second" value={now.messagesOutPerSecond['10s']} />
      </dl>
      <section className="card">
        <h2>Orders</h2>
        {orders.length === 0 && <p className="muted">None since this page was opened.</p>}
        <ul>
          {orders.map((o) => (
            <li key={o.id}>
              {o.user}: {o.item}, {o.price.toFixed(2)} €
            </li>
          ))}
        </ul>
      </section>
    </div>
  )
}

function Figure({ name, value }: { name: string; value: number }) {
  return (
    <div className="card">
      <dt>{name}</dt>
      <dd>{value.toLocaleString('en', { maximumFractionDigits: 1 })}</dd>
    </div>
  )
}
