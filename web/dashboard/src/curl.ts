/** One word for a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

export interface Draft {
  internal: string
  to: string
  event: string
  data: string
}

/** The command that posts a message, or why there is none. */
export function curl({ internal, to, event, data }: Draft): { command: string } | { problem: string } {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return { problem: 'The data are not JSON.' }
  }
  if (!to.trim()) return { problem: 'Say who gets it: all, user/…, topic/… or connection/….' }
  if (!URL.canParse(internal)) return { problem: 'The address of the internal listener is no URL.' }
  const name = event.trim()
  const body = JSON.stringify({ to: to.trim(), ...(name ? { event: name } : {}), data: value })
  const url = internal.replace(/\/+$/, '') + '/api/messages'
  return {
    command: `curl -sS -H "X-API-Key: $HUB_API_KEY" -H 'Content-Type: application/json' \\\n  -d ${quote(body)} \\\n  ${quote(url)}`,
  }
}
