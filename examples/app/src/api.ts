// The backend of this page, which is not the hub.
import type { Notification } from './events.ts'

/** Who is logged in, and where the hub is. */
export interface Session {
  user: string
  hub: string
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return (await response.json()) as T
}

export const login = (user: string): Promise<Session> => call('POST', '/api/login', { user })
export const logout = (): Promise<unknown> => call('POST', '/api/logout')
export const session = (): Promise<Session | null> => call<Session>('GET', '/api/session').catch(() => null)
export const notifications = (): Promise<Notification[]> => call('GET', '/api/notifications')
export const order = (item: string): Promise<unknown> => call('POST', '/api/orders', { item })
