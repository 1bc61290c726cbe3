// Compiled by `npm run types`, never run: each error below must be one.
import { createSSEClient, type DashboardUpdate, type EventOf, type HubEvents } from '../src/index.ts'
import { useSSE, useSSEEvent, useSSEValue } from '../src/react.ts'

interface Shop {
  order: { id: number; total: number }
  stock: { sku: string }
}

const client = createSSEClient<Shop>({ url: '/api/sse' })
client.on('order', (order, e) => {
  const id: number = order.id
  const type: 'order' = e.type
  // @ts-expect-error no such field
  void order.title
  void [id, type]
})
// @ts-expect-error no such event
client.on('oder', () => {})
client.on('*', (data) => {
  // @ts-expect-error the payload of any event is unknown
  void data.id
})

const hub = createSSEClient({ url: () => Promise.resolve('/api/sse') })
hub.on('notification', (n) => n.title.length)
hub.on('dashboardUpdate', (d: DashboardUpdate) => d.totalConnections + d.messagesInPerSecond['1s'])
hub.on('gap', (g) => g.reason)
// @ts-expect-error the url is needed
createSSEClient({})

export function Component(): void {
  const { lastEvent } = useSSE<Shop>({ eventHandlers: { order: (o) => o.total, stock: (s) => s.sku } })
  if (lastEvent?.type === 'stock') void lastEvent.data.sku
  // @ts-expect-error not yet known to be an order
  void lastEvent?.data.total
  // @ts-expect-error no such event: M must not be inferred from the handlers
  useSSE({ eventHandlers: { notificatoin: () => {} } })
  useSSE({ eventHandlers: { notification: (n) => n.title } })
  // @ts-expect-error wrong payload
  useSSE({ eventHandlers: { notification: (n: number) => n } })
  useSSEEvent('systemUpdate', (u) => u.message)
  // @ts-expect-error no such event
  useSSEEvent('systemUpdat', () => {})
  const n: number = useSSEValue('notification', (count: number, note) => count + note.title.length, 0)
  void n
}

export function narrow(e: EventOf<HubEvents>): string {
  return e.type === 'notification' ? e.data.title : e.raw
}
