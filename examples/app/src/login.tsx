import { useState } from 'react'
import { login, type Session } from './api.ts'

/** Asks for a name and no password: how your users log in is your business. */
export function Login({ onLogin }: { onLogin: (session: Session) => void }) {
  const [name, setName] = useState('alice')
  const [problem, setProblem] = useState('')
  return (
    <main className="login">
      <form
        className="card"
        onSubmit={(e) => {
          e.preventDefault()
          login(name.trim()).then(onLogin, () => setProblem('That did not work. Is the backend running?'))
        }}
      >
        <h1>Tea shop</h1>
        <label>
          Name
          <input value={name} autoFocus required maxLength={50} onChange={(e) => setName(e.target.value)} />
        </label>
        <button type="submit">Log in</button>
        <p role="alert">{problem}</p>
      </form>
    </main>
  )
}
