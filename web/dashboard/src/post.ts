interface Answer {
  id: string
  connections: number
  users: number
  silent?: string[]
  error?: { message: string; field?: string }
}

/** Sends a message and says what became of it, counted on all hubs. */
export async function post(token: string, body: string): Promise<string> {
  try {
    const response = await fetch(new URL('../api/dashboard/messages?receipt=cluster', document.baseURI), {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      credentials: 'omit',
      body,
    })
    const answer = (await response.json()) as Answer
    if (answer.error) return `Refused: ${answer.error.message}.`
    return told(answer)
  } catch (e) {
    return `No answer, so it is not known whether it was sent: ${e instanceof Error ? e.message : String(e)}`
  }
}

export function told({ id, connections, users, silent }: Answer): string {
  const some = (n: number, one: string) => `${n} ${n === 1 ? one : one + 's'}`
  const reached = connections ? `${some(connections, 'connection')} of ${some(users, 'user')} took it.` : 'Nobody who is there gets it.'
  return `Accepted as ${id}. ${reached}${silent?.length ? ` No count from ${silent.join(', ')}.` : ''}`
}
