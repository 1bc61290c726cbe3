import { useState } from 'react'
import { curl, type Draft } from './curl.ts'

const FIRST: Draft = { internal: 'http://127.0.0.1:8081', to: 'user/alice', event: 'notification', data: '{"title":"Hello"}' }

/** Puts together the command that sends a message. The page sends nothing: services do, on the other listener. */
export function Send() {
  const [draft, setDraft] = useState(FIRST)
  const [said, setSaid] = useState('')
  const made = curl(draft)
  const field = (name: keyof Draft, label: string) => (
    <label>
      {label}
      <input
        value={draft[name]} spellCheck={false} autoComplete="off"
        onChange={(e) => {
          setSaid('')
          setDraft({ ...draft, [name]: e.target.value })
        }}
      />
    </label>
  )
  return (
    <section className="card" aria-labelledby="send">
      <h2 id="send">Send a message</h2>
      <p className="hint">
        This page cannot send: messages come in on the internal listener, with a service’s key. Copy the command and run
        it where that listener is reached.
      </p>
      <div className="fields">
        {field('to', 'To')}
        {field('event', 'Event')}
        {field('data', 'Data (JSON)')}
        {field('internal', 'Internal listener')}
      </div>
      {'problem' in made ? (
        <p role="alert" className="problem">{made.problem}</p>
      ) : (
        <>
          <pre tabIndex={0} aria-label="The command">{made.command}</pre>
          <button type="button" onClick={() => void copy(made.command).then(setSaid)}>Copy</button>{' '}
          <span role="status" className="muted">{said}</span>
        </>
      )}
    </section>
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
