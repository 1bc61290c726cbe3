import { useState } from 'react'
import { cleanToken } from './token.ts'

/** Asks for a token. */
export function Login({ problem, onToken }: { problem: string; onToken: (token: string) => void }) {
  const [text, setText] = useState('')
  return (
    <main className="login">
      <form
        className="card"
        onSubmit={(e) => {
          e.preventDefault()
          if (cleanToken(text)) onToken(text)
        }}
      >
        <h1>Hub dashboard</h1>
        <label htmlFor="token">Token with the scope “dashboard”</label>
        <textarea
          id="token" rows={4} spellCheck={false} autoComplete="off" autoFocus required value={text}
          aria-describedby="token-help" aria-invalid={problem !== ''}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter') {
              e.preventDefault()
              e.currentTarget.form?.requestSubmit()
            }
          }}
        />
        <p role="alert" className="problem">{problem}</p>
        <button type="submit">Open</button>
        <p id="token-help" className="hint">
          Make one with <code>hub token --user you --scope dashboard</code>. With <code>--scope publish</code> as well it may send.
          It stays in this tab. A link may bring it
          behind <code>#token=</code>, as the one does that <code>hub serve --dev</code> prints.
        </p>
      </form>
    </main>
  )
}
