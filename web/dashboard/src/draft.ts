export interface Draft {
  internal: string
  to: string
  event: string
  data: string
}

/** The body that posts a message, or why there is none. */
export function message({ to, event, data }: Draft): { body: string } | { problem: string } {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return { problem: 'The data are not JSON.' }
  }
  if (!to.trim()) return { problem: 'Say who gets it: all, user/…, topic/… or connection/….' }
  const name = event.trim()
  return { body: JSON.stringify({ to: to.trim(), ...(name ? { event: name } : {}), data: value }) }
}

/** The command that posts it, or why there is none. */
export function curl(draft: Draft): { command: string } | { problem: string } {
  const made = message(draft)
  if ('problem' in made) return made
  if (!URL.canParse(draft.internal)) return { problem: 'The address of the internal listener is no URL.' }
  const url = draft.internal.replace(/\/+$/, '') + '/api/messages'
  return {
    command: `curl -sS -H "X-API-Key: $HUB_API_KEY" -H 'Content-Type: application/json' \\\n  -d ${quote(made.body)} \\\n  ${quote(url)}`,
  }
}

/** One word for a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
