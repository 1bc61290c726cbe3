import { SSEError } from './error.ts'
import type { AttemptContext } from './types.ts'

export interface TicketOptions {
  /** Where tickets are issued. Default `/api/sse/ticket` of the hub that the stream's url names. */
  ticketUrl?: string
  /** Bearer token for it; without one, cookies go along. */
  getToken?: (c: AttemptContext) => string | null | Promise<string | null>
  credentials?: RequestCredentials
  fetch?: typeof fetch
}

/**
 * Makes the `url` option for a stream that carries a one-time ticket in its query instead of a
 * header: `createSSEClient({ url: ticketURL('/api/sse') })`. Every attempt gets a ticket of its own.
 */
export function ticketURL(url: string, o: TicketOptions = {}): (c: AttemptContext) => Promise<string> {
  const hub = /^([^?]*\/api\/)(dashboard\/)?sse(\?|$)/.exec(url)?.[1] ?? '/api/'
  return async (c) => {
    const token = await o.getToken?.(c)
    const response = await (o.fetch ?? fetch)(o.ticketUrl ?? hub + 'sse/ticket', {
      method: 'POST',
      headers: token ? { Authorization: 'Bearer ' + token } : {},
      credentials: o.credentials ?? 'same-origin',
      signal: c.signal,
    })
    const { status } = response
    if (!response.ok) {
      const kind = status === 401 || status === 403 ? 'auth' : 'http'
      throw new SSEError(kind, 'ticket: HTTP ' + status, /^(5|408|425|429)/.test(String(status)), status)
    }
    const { ticket } = (await response.json()) as { ticket: string }
    return `${url}${url.includes('?') ? '&' : '?'}transport=fetch&ticket=${encodeURIComponent(ticket)}`
  }
}
