import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createParser } from '../src/parser.ts'

interface Vector {
  n: number
  title: string
  b64: string
  events: [type: string, data: string, id: string][]
  last: string
  retry: number | null
}

// The same vectors that the Go decoder is tested with.
const vectors = JSON.parse(
  readFileSync(new URL('../../../sse/testdata/sse-vectors.json', import.meta.url), 'utf8'),
) as Vector[]

function parse(bytes: Uint8Array, size: number, id = '', max?: number) {
  const got = { events: [] as Vector['events'], last: id, retry: null as number | null, comments: [] as string[] }
  const push = createParser(
    {
      event: (...e) => got.events.push(e),
      id: (last) => (got.last = last),
      retry: (ms) => (got.retry = ms),
      comment: (text) => got.comments.push(text),
    },
    id,
    max,
  )
  for (let i = 0; i < bytes.length; i += size) push(bytes.subarray(i, i + size))
  return got
}

const text = (s: string): Uint8Array => new TextEncoder().encode(s)

describe.each([1, 2, 3, 1 << 20])('in chunks of %i bytes', (size) => {
  it.each(vectors)('$n $title', ({ b64, events, last, retry }) => {
    const got = parse(Buffer.from(b64, 'base64'), size)
    expect(got.events).toEqual(events)
    expect(got.last).toBe(last)
    expect(got.retry).toBe(retry)
  })
})

it('has all the vectors', () => expect(vectors.length).toBeGreaterThanOrEqual(60))

it('ends a line at a CR that ends a chunk, and swallows the LF of the next', () => {
  const types: string[] = []
  const push = createParser({ event: (type, data) => types.push(type + data) })
  push(text('data: a\r\r'))
  expect(types).toEqual(['messagea'])
  push(text(''))
  push(text('\ndata: b\n\n'))
  expect(types).toEqual(['messagea', 'messageb'])
})

it('starts with the id that the request carried', () => {
  const got = parse(text('data: a\n\n'), 99, 'e-7')
  expect(got).toMatchObject({ events: [['message', 'a', 'e-7']], last: 'e-7' })
})

it('commits an id without an event, but not that of half a block', () => {
  expect(parse(text('id: 1\n\nid: 2\ndata: x\n'), 99).last).toBe('1')
})

it('hands over comments', () => {
  expect(parse(text(': hi\n:\n'), 1).comments).toEqual(['hi', ''])
})

describe('bounds memory', () => {
  it.each([
    ['data of many lines', 'data: 12345\n'.repeat(20)],
    ['empty data lines', 'data\n'.repeat(120)],
    ['a line that never ends', 'data: ' + 'x'.repeat(120)],
    ['a comment that never ends', ':' + 'x'.repeat(120)],
    ['an id that never ends', 'id: ' + 'x'.repeat(120)],
  ])('%s', (_, input) => {
    for (const size of [1, 7, 9999]) expect(() => parse(text(input), size, '', 100)).toThrow(RangeError)
  })

  it('but lets many small events pass', () => {
    expect(parse(text('data: 1234567890\n\n'.repeat(100)), 7, '', 100).events).toHaveLength(100)
  })
})
