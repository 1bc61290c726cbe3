/** How the time between attempts grows. */
export interface Backoff {
  /** First delay; the server's `retry:` replaces it. Default 1000. */
  minMs: number
  /** Upper bound before jitter; a greater `retry:` raises it. Default 30000. */
  maxMs: number
  /** Growth per failure in a row. Default 2. */
  factor: number
  /** `equal` keeps half and draws the rest, `full` draws all. Default `equal`. */
  jitter: 'equal' | 'full' | 'none'
  /** An attempt that stays open so long ends the row of failures. Default 5000. */
  resetAfterMs: number
}

/** The wait before the nth retry in a row, n from 1. `retry` is the server's, 0 without one. */
export function backoffMs(o: Backoff, n: number, retry: number): number {
  const base = retry || o.minMs
  const ms = Math.min(base * o.factor ** (n - 1), Math.max(o.maxMs, base))
  return ms * (1 - Math.random() * { equal: 0.5, full: 1, none: 0 }[o.jitter])
}

/** What a server asked for, spread over a fifth more, since it asks many at once. */
export function askedMs(ms: number): number {
  return ms * (1 + Math.random() / 5)
}

/** Retry-After in milliseconds (RFC 9110, 10.2.3: seconds or a date), 0 without one. */
export function retryAfterMs(header: string | null): number {
  const ms = /^\d+$/.test(header!) ? +header! * 1000 : Date.parse(header!) - Date.now()
  return ms > 0 ? ms : 0 // NaN too
}
