/**
 * What went wrong: `network` (no connection, or it ended), `http` (a status), `auth` (401, 403),
 * `content-type`, `timeout` (no answer, or a silent stream), `stopped` (204: the server wants no
 * reconnect), `parse` (a payload, or an event beyond the size limit), `handler` (one of yours threw).
 */
export type SSEErrorKind = 'network' | 'http' | 'auth' | 'content-type' | 'timeout' | 'stopped' | 'parse' | 'handler'

/** The only error type of this package. `cause` holds what it was made from. */
export class SSEError extends Error {
  declare readonly kind: SSEErrorKind
  /** HTTP status, if there was an answer. */
  declare readonly status: number | undefined
  /** Whether the client goes on by itself. */
  declare readonly retryable: boolean

  constructor(
    kind: SSEErrorKind, message: string, retryable: boolean = /network|timeout/.test(kind), status?: number, cause?: unknown,
  ) {
    super(message, { cause })
    Object.assign(this, { name: 'SSEError', kind, status, retryable })
  }
}
