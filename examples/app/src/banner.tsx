import { useSSEEvent } from '@example/hub-client/react'
import { useState } from 'react'

/** Shows what is sent to everybody. */
export function Banner() {
  const [message, setMessage] = useState('')
  useSSEEvent('systemUpdate', (update) => setMessage(update.message))
  return (
    <div role="status">
      {message && (
        <p className="banner">
          {message}
          <button type="button" className="quiet" onClick={() => setMessage('')}>Close</button>
        </p>
      )}
    </div>
  )
}
