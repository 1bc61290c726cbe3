import { useState, type ReactNode } from 'react'
import { curl, message, type Draft } from './draft.ts'
import { post } from './post.ts'
import { maySend } from './token.ts'

const FIRST: Draft = { internal: 'http://127.0.0.1:8081', to: 'user/alice', event: 'notification', data: '{"title":"Hello"}' }

/** Sends a message if the token allows it; if not, it puts together the command with which a service does. */
export function Send({ token }: { token: string }) {
  const [draft, setDraft] = useState(FIRST)
  const field = (name: keyof Draft, label: string) => (
    <label>
      {label}
      <input value={draft[name]} spellCheck={false} autoComplete="off" onChange={(e) => setDraft({ ...draft, [name]: e.target.value })} />
    </label>
  )
  const fields = (
    <>
      {field('to', 'To')}
      {field('event', 'Event')}
      {field('data', 'Data (JSON)')}
    </>
  )
  return (
    <section className="card" aria-labelledby="send">
      <h2 id="send">Send a message</h2>
      {maySend(token) ? <Form token={token} draft={draft} fields={fields} /> : <Command draft={draft} fields={<>{fields}{field('internal', 'Internal listener')}</>} />}
    </section>
  )
}

function Form({ token, draft, fields }: { token: string; draft: Draft; fields: ReactNode }) {
  const [said, setSaid] = useState({ text: '', of: draft })
  const [busy, setBusy] = useState(false)
  const made = message(draft)
  const send = async (body: string) => {
    setBusy(true)
    setSaid({ text: '', of: draft }) // so that a screen reader tells the same answer twice
    setSaid({ text: await post(token, body), of: draft })
    setBusy(false)
  }
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault()
        if ('body' in made && !busy) void send(made.body)
      }}
    >
      <p className="hint">To: all, user/…, topic/… or connection/…. It goes out at once.</p>
      <div className="fields">{fields}</div>
      <button type="submit" disabled={busy || 'problem' in made}>Send</button>{' '}
      <span role="alert" className="problem">{'problem' in made && made.problem}</span>
      <span role="status" className="muted">{said.of === draft && said.text}</span>
    </form>
  )
}

function Command({ draft, fields }: { draft: Draft; fields: ReactNode }) {
  const [said, setSaid] = useState({ text: '', of: draft })
  const made = curl(draft)
  return (
    <>
      <p className="hint">
        This token may not send: it needs the scope “publish” too. A service does it with its key, where the internal
        listener is reached, by this command.
      </p>
      <div className="fields">{fields}</div>
      {'problem' in made ? (
        <p role="alert" className="problem">{made.problem}</p>
      ) : (
        <>
          <pre tabIndex={0} role="group" aria-label="The command">{made.command}</pre>
          <button type="button" onClick={() => void copy(made.command).then((text) => setSaid({ text, of: draft }))}>Copy</button>{' '}
          <span role="status" className="muted">{said.of === draft && said.text}</span>
        </>
      )}
    </>
  )
}

async function copy(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text)
    return 'Copied.'
  } catch {
    return 'The browser does not allow it here: select the text instead.'
  }
}
