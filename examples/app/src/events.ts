// What the backend sends, for the types of every handler.
declare module '@example/hub-client' {
  interface Notification {
    id: string
    time: number
  }
  interface HubEvents {
    order: Order
  }
}

export interface Order {
  id: string
  user: string
  item: string
  price: number
}

export type { Notification } from '@example/hub-client'
