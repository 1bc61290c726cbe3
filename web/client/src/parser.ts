/** What a stream holds, in the words of the WHATWG HTML standard, 9.2.5 and 9.2.6. */
export interface ParserHandlers {
  /** An event was dispatched. `id` is the id buffer, which outlives the event that set it. */
  event(type: string, data: string, id: string): void
  /** A blank line committed the id buffer, with or without an event. Called after `event`. */
  id?(id: string): void
  /** A `retry:` line, in milliseconds. */
  retry?(ms: number): void
  comment?(text: string): void
}

/** Characters that one event and the line under way may hold together. */
export const MAX_EVENT_CHARS: number = 16 << 20

/**
 * Returns a function that takes the bytes of one response, cut anywhere. `id` is the Last-Event-ID
 * that the request carried. It throws a RangeError if an event grows beyond `max` characters.
 */
export function createParser(on: ParserHandlers, id = '', max: number = MAX_EVENT_CHARS): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder() // drops one BOM, replaces invalid bytes
  const lineEnd = /[\r\n]/g
  let rest = '' // of a line that has not ended
  let skipLF = false // the last chunk ended in CR
  let type = ''
  let data = ''

  const endOfLine = (line: string): void => {
    if (!line) {
      if (data) on.event(type || 'message', data.slice(0, -1), id)
      type = data = ''
      on.id?.(id)
      return
    }
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (name === 'data') data += value + '\n'
    else if (name === 'event') type = value
    else if (name === 'id') id = value.includes('\0') ? id : value
    else if (name === 'retry') /^\d+$/.test(value) && on.retry?.(+value)
    else if (!colon) on.comment?.(value)
  }

  return (chunk) => {
    const text = decoder.decode(chunk, { stream: true })
    let start = 0
    if (text && skipLF) {
      skipLF = false
      if (text[0] === '\n') start = 1
    }
    for (;;) {
      lineEnd.lastIndex = start
      const end = lineEnd.exec(text)?.index ?? text.length
      // Text without a line end is only appended, never looked at again: time stays linear.
      rest += text.slice(start, end)
      if (data.length + rest.length > max) throw new RangeError('event too large')
      if (end === text.length) return
      start = end + 1
      if (text[end] === '\r') {
        if (text[start] === '\n') start++
        else skipLF = start === text.length
      }
      const line = rest
      rest = ''
      endOfLine(line)
    }
  }
}
