import { createBareClient, type BareClient } from './client.ts'
import type { SSEError } from './error.ts'
import type { SSEClientOptions } from './types.ts'

type Any = any
type User = { readonly current: Omit<SSEClientOptions<Any>, 'url'> & { url?: string | undefined } }

const pool = new Map<string, { client: BareClient<Any>; users: Set<User> }>()

/**
 * Returns the page's client for a key, made at its first use, and how to give it back. The last one
 * to give it back closes it, a task later: React's StrictMode and a change of route mount the next
 * user right after the last has gone.
 */
export function acquire(key: string, user: User): [client: BareClient<Any>, release: () => void] {
  let entry = pool.get(key)
  if (!entry) {
    const users = new Set<User>()
    // Options are read when they are needed, from a user that is still there.
    const options = new Proxy({} as SSEClientOptions<Any>, {
      get(_, name: keyof SSEClientOptions) {
        if (name === 'onGap') return // a handler of each user
        if (name === 'onError') {
          // Each once, since a provider's is that of many hooks. Without any, what handlers throw goes to the console.
          const all = new Set([...users].flatMap((u) => u.current.onError ?? []))
          return all.size ? (e: SSEError) => all.forEach((fn) => fn(e)) : undefined
        }
        return ([...users].pop() ?? user).current[name]
      },
    })
    pool.set(key, (entry = { client: createBareClient(options), users }))
  }
  const { client, users } = entry
  users.add(user)
  return [
    client,
    () => {
      users.delete(user)
      setTimeout(() => {
        if (users.size || pool.get(key) !== entry) return
        pool.delete(key)
        client.close()
      })
    },
  ]
}
