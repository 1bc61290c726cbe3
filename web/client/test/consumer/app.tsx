// What a user's project compiles: the built types, without skipLibCheck. Run by `npm test`.
import { createSSEClient, type HubEvents } from '@example/hub-client'
import { useSSE, useSSEEvent } from '@example/hub-client/react'
import { createSharedSSEClient } from '@example/hub-client/shared'
import { createFakeClient } from '@example/hub-client/testing'
declare module '@example/hub-client' {
  interface HubEvents { 'order.paid': { orderId: number } }
}
createSSEClient({ url: '/' }).on('order.paid', (o) => o.orderId + 1)
const s = createSharedSSEClient({ url: '/', identity: 'a' })
export function C() {
  useSSEEvent('order.paid', (o) => o.orderId)
  const { lastEvent } = useSSE({ client: s, eventHandlers: { 'order.paid': (o) => o.orderId } })
  useSSE({ client: createFakeClient() })
  return lastEvent?.type === 'order.paid' ? lastEvent.data.orderId : null
}
export type K = keyof HubEvents
