import { useSSE } from '@example/hub-client/react'
import { useEffect, useState } from 'react'
import { notifications } from './api.ts'
import type { Notification } from './events.ts'

/** Lists what happened to the user's orders. New ones come by the stream, the rest from the backend. */
export function Bell() {
  const [notes, setNotes] = useState<Notification[]>([])
  const [seen, setSeen] = useState(0)
  const [open, setOpen] = useState(false)

  // Events may come twice, and be in the answer already.
  const add = (more: Notification[]) =>
    setNotes((old) => [...more.filter((n) => !old.some((o) => o.id === n.id)), ...old].sort((a, b) => b.time - a.time))
  const load = () => void notifications().then(add, () => {})
  useEffect(load, [])

  const { status, error, reconnect } = useSSE({
    eventHandlers: { notification: (n) => add([n]) },
    onGap: load, // the hub does not have them any more: the backend does
  })

  const unread = open ? 0 : notes.length - seen
  return (
    <div className="bell">
      <button
        type="button" aria-expanded={open} aria-label={`Notifications, ${unread} unread`}
        onClick={() => {
          setOpen(!open)
          setSeen(notes.length)
        }}
        className="quiet"
      >
        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
          <path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinejoin="round" />
        </svg>
        {unread > 0 && <b className="badge">{unread}</b>}
      </button>
      <span role="status" className="sr-only">{notes[0]?.title}</span>
      {open && (
        <div className="card panel">
          {status !== 'open' && (
            <p className="muted">
              {error ? 'Disconnected. ' : 'Connecting… '}
              {error && <button type="button" onClick={reconnect}>Try now</button>}
            </p>
          )}
          {notes.length === 0 && <p className="muted">Nothing yet: order something.</p>}
          <ul>
            {notes.map((n) => (
              <li key={n.id}>
                {n.title} <time className="muted">{new Date(n.time).toLocaleTimeString()}</time>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}
