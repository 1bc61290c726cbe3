import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { SSEProvider, useDashboardSSE, useSSE } from '../src/react.ts'

const { hub, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1))) as { hub: string; token: string }

function Bell() {
  const [titles, setTitles] = useState<string[]>([])
  const { status } = useSSE({ eventHandlers: { notification: (n) => setTitles((t) => [...t, n.title]) } })
  return <p id="bell">{[status, ...titles].join(' ')}</p>
}

function Figures() {
  const { lastEvent } = useDashboardSSE({ url: hub + '/api/dashboard/sse' })
  return <p id="figures">{lastEvent?.type === 'dashboardUpdate' ? lastEvent.data.totalConnections : '-'}</p>
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <SSEProvider url={hub + '/api/sse'} getToken={() => token} identity="alice">
      <Bell />
      <Bell />
      <Figures />
    </SSEProvider>
  </StrictMode>,
)
