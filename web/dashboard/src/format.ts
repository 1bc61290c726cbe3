const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const some = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** A count, or a rate: whole above 100, three digits below. */
export function number(v: number | null | undefined): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return '–'
  return Math.abs(v) >= 100 ? whole.format(v) : some.format(v)
}

/** Milliseconds in the unit that reads best. */
export function latency(ms: number | null | undefined): string {
  if (!ms) return '–'
  if (ms < 1) return `${whole.format(ms * 1000)} µs`
  return ms < 1000 ? `${some.format(ms)} ms` : `${some.format(ms / 1000)} s`
}

/** Bytes in decimal units. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let i = 0
  for (; n >= 1000 && i < units.length - 1; i++) n /= 1000
  return `${some.format(n)} ${units[i]}`
}

/** A duration in its two largest units. */
export function duration(seconds: number): string {
  const s = Math.floor(seconds)
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`
}

/** The time of day on this machine. */
export function clock(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB')
}

/** What all hubs have together. */
export function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0)
}
