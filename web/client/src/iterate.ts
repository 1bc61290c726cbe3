import { SSEError } from './error.ts'
import type { EventOf, SSEClient } from './types.ts'

/** Adds `events()` to a client. The page's clients of the hooks do without. */
export function iterable<M extends object, C extends Omit<SSEClient<M>, 'events'>>(client: C): C & SSEClient<M> {
  return Object.assign(client, {
    async *events({ signal, max = 1024 }: { signal?: AbortSignal; max?: number } = {}) {
      const queue: EventOf<M>[] = []
      let wake = (): void => {}
      const notice = (_?: unknown): void => wake()
      const off = [client.on('*', (_, event) => notice(queue.push(event as EventOf<M>))), client.subscribe(notice)]
      signal?.addEventListener('abort', notice)
      try {
        while (!signal?.aborted) {
          if (queue.length > max) throw new SSEError('handler', 'too many events wait')
          const event = queue.shift()
          if (event) yield event
          else if (client.getSnapshot().status === 'closed') return
          else await new Promise<void>((resolve) => (wake = resolve))
        }
      } finally {
        for (const fn of off) fn()
      }
    },
  })
}
