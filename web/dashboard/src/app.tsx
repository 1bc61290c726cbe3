import { useEffect, useState } from 'react'
import type { SSEError } from '../../client/src/index.ts'
import { Dashboard } from './dashboard.tsx'
import { Login } from './login.tsx'
import { cleanToken } from './token.ts'

/** The login, or the dashboard of whoever is logged in. */
export function App({ start, keep }: { start: string; keep: (token: string) => void }) {
  // Each login has a number: the hooks share a stream by it, and the token is no name for anything.
  const [login, setLogin] = useState({ token: start, number: 0 })
  const [problem, setProblem] = useState('')
  const change = (text: string, why = '') => {
    const token = cleanToken(text)
    keep(token)
    setProblem(why)
    setLogin((l) => ({ token, number: l.number + 1 }))
  }
  useEffect(() => {
    // A second link with a token, opened in this tab, changes the fragment only.
    const follow = () => {
      const token = new URLSearchParams(location.hash.slice(1)).get('token')
      if (token === null) return
      history.replaceState(null, '', location.pathname + location.search)
      change(token)
    }
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  })
  if (!login.token) return <Login problem={problem} onToken={(token) => change(token)} />
  return (
    <Dashboard
      key={login.number}
      identity={String(login.number)}
      token={login.token}
      onLogout={() => change('')}
      onRefused={(error) => change('', refusal(error))}
    />
  )
}

function refusal(error: SSEError): string {
  if (error.status === 403) return 'The hub knows this token, but it does not have the scope “dashboard”.'
  if (error.status === 401) return 'The hub does not accept this token, or not any more: it may have expired.'
  return `The hub refused: ${error.message}`
}
