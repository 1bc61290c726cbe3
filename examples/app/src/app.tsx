import { SSEProvider } from '@example/hub-client/react'
import { useEffect, useState } from 'react'
import { logout, session as askSession, type Session } from './api.ts'
import { Banner } from './banner.tsx'
import { Bell } from './bell.tsx'
import { Dashboard } from './dashboard.tsx'
import { useStreams } from './hub.ts'
import { Login } from './login.tsx'
import { Shop } from './shop.tsx'

/** The login, or the shop of whoever is logged in. */
export function App() {
  const [session, setSession] = useState<Session | null>()
  useEffect(() => void askSession().then(setSession), [])
  if (session === undefined) return null // not known yet
  if (!session) return <Login onLogin={setSession} />
  // The key makes everything below anew for another user.
  return <Page key={session.user} session={session} onLogout={() => void logout().then(() => setSession(null))} />
}

function Page({ session, onLogout }: { session: Session; onLogout: () => void }) {
  const streams = useStreams(session)
  const [tab, setTab] = useState<'Shop' | 'Dashboard'>('Shop')
  return (
    <SSEProvider client={streams.own}>
      <header>
        <h1>Tea shop</h1>
        <nav>
          {(['Shop', 'Dashboard'] as const).map((name) => (
            <button key={name} type="button" className="tab" aria-current={tab === name ? 'page' : undefined} onClick={() => setTab(name)}>
              {name}
            </button>
          ))}
        </nav>
        <Bell />
        <button type="button" className="quiet" onClick={onLogout}>Log out {session.user}</button>
      </header>
      <Banner />
      <main>{tab === 'Shop' ? <Shop /> : <Dashboard client={streams.dashboard} />}</main>
    </SSEProvider>
  )
}
