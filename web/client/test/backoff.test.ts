import { afterEach, describe, expect, it, vi } from 'vitest'
import { askedMs, backoffMs, retryAfterMs, type Backoff } from '../src/backoff.ts'

const base: Backoff = { minMs: 1000, maxMs: 30_000, factor: 2, jitter: 'none', resetAfterMs: 5000 }

afterEach(() => void vi.useRealTimers())

describe('backoffMs', () => {
  it('doubles up to the cap', () => {
    expect([1, 2, 3, 5, 6, 99, 5000].map((n) => backoffMs(base, n, 0))).toEqual([1000, 2000, 4000, 16000, 30000, 30000, 30000])
  })

  it("starts from the server's retry, which may raise the cap", () => {
    expect(backoffMs(base, 2, 3000)).toBe(6000)
    expect(backoffMs(base, 3, 60_000)).toBe(60_000)
  })

  it('draws the jitter after the cap', () => {
    const random = vi.spyOn(Math, 'random')
    for (const [drawn, equal, full] of [[0, 30_000, 30_000], [0.5, 22_500, 15_000], [0.999999, 15_000, 0]] as const) {
      random.mockReturnValue(drawn)
      expect(backoffMs({ ...base, jitter: 'equal' }, 20, 0)).toBeCloseTo(equal, -1)
      expect(backoffMs({ ...base, jitter: 'full' }, 20, 0)).toBeCloseTo(full, -1)
    }
  })
})

it('askedMs spreads over a fifth more', () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  expect(askedMs(1000)).toBeCloseTo(1100)
  expect(askedMs(0)).toBe(0)
})

it('retryAfterMs reads seconds and dates', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  expect(retryAfterMs('120')).toBe(120_000)
  expect(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT')).toBe(60_000)
  for (const none of [null, '', '-1', 'soon', '1.5x', 'Thu, 01 Jan 1970 00:00:00 GMT']) expect(retryAfterMs(none)).toBe(0)
})
