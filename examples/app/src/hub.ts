import { createSSEClient, ticketURL, type SSEClient } from '@example/hub-client'
import { useEffect, useState } from 'react'
import type { Session } from './api.ts'

export interface Streams {
  /** The user's own: notifications and news. */
  own: SSEClient
  /** The hub's figures and the shop's orders. */
  dashboard: SSEClient
}

/**
 * The streams of a user. The backend exchanges its session for a one-time ticket, a new one for each
 * attempt, so that this page never has a token. The hooks connect a stream when they first need it.
 */
function streamsOf({ hub }: Session): Streams {
  const open = (path: string) => createSSEClient({ url: ticketURL(hub + path, { ticketUrl: '/api/hub-ticket' }) })
  return { own: open('/api/sse?topics=news'), dashboard: open('/api/dashboard/sse') }
}

/** Keeps the streams of a session for as long as the component lives. */
export function useStreams(session: Session): Streams {
  const [streams] = useState(() => streamsOf(session))
  useEffect(() => {
    streams.own.connect()
    return () => {
      streams.own.close()
      streams.dashboard.close()
    }
  }, [streams])
  return streams
}
