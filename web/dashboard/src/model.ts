import type { Chronicle, Arrival, DashboardUpdate } from '../../client/src/events.ts'

/** What the page shows at most, in seconds. The hub keeps as much. */
export const SPAN = 600

/** Seconds without an update after which a line is not drawn through. */
const HOLE = 5

/** Milliseconds without an update after which the figures are not of now any more: one comes each second. */
export const FRESH_MS = 5000

/** How many connects the page lists. */
export const MAX_CONNECTS = 50

export const COLUMNS = ['connections', 'users', 'in', 'out', 'p50', 'p99'] as const
export type Column = (typeof COLUMNS)[number]

type Values = (number | null)[]

/** Everything that was told since the page opened, bounded. It is outside of React: it changes each second. */
export class Model {
  /** Unix time in seconds, rising. */
  time: number[] = []
  columns: Record<Column, Values> = { connections: [], users: [], in: [], out: [], p50: [], p99: [] }
  /** The last update. */
  now: DashboardUpdate | null = null
  /** The newest first. */
  connects: Arrival[] = []
  /** When the last update came, by this machine's clock; 0 if the stream has brought none yet. */
  #arrived = 0

  /** The stream ended: what it told is of the past, until the next one has told its own. */
  ended(): void {
    this.#arrived = 0
  }

  /** Whether the stream has brought figures, and whether they are of now. */
  get age(): 'none' | 'fresh' | 'old' {
    if (!this.#arrived) return 'none'
    return Date.now() - this.#arrived < FRESH_MS ? 'fresh' : 'old'
  }

  /** Takes an update. What is not one is ignored: services may send to dashboards too. */
  apply(update: unknown): boolean {
    if (!isUpdate(update)) return false
    const before = this.now
    if (before && (update.uptimeSeconds < before.uptimeSeconds || update.instance !== before.instance)) {
      this.connects = [] // the hub was restarted, or it is another one: its numbers mean others
    }
    if (update.history) this.#load(update.history)
    this.#add(update.time / 1000, {
      connections: update.totalConnections,
      users: update.uniqueUsers,
      in: update.messagesInPerSecond['1s'],
      out: update.messagesOutPerSecond['1s'],
      p50: update.latencyP50Ms || null,
      p99: update.latencyP99Ms || null,
    })
    const known = new Set(this.connects.map((c) => c.number))
    const fresh = (update.connects ?? []).filter((c) => !known.has(c.number)).reverse()
    this.connects = [...fresh, ...this.connects].slice(0, MAX_CONNECTS)
    // The first update has no hubs: keep those of before until the next.
    const hubs = update.hubs ?? (update.history && before?.hubs)
    this.now = hubs ? { ...update, hubs } : update
    if (hubs === update.hubs) this.#arrived = Date.now()
    return true
  }

  /** The columns as uPlot wants them. */
  data(...names: Column[]): [number[], ...Values[]] {
    return [this.time, ...names.map((name) => this.columns[name])]
  }

  /** The last point of each minute, the newest first, for the table. */
  minutes(): { time: number; values: Record<Column, number | null> }[] {
    const rows = []
    const last = this.time.length - 1
    for (let i = last, next = Infinity; i >= 0; i--) {
      const time = this.time[i]!
      if (time > next || this.columns.connections[i] === null) continue
      rows.push({ time, values: Object.fromEntries(COLUMNS.map((c) => [c, this.columns[c][i] ?? null])) as Record<Column, number | null> })
      next = time - 60
    }
    return rows
  }

  #load(h: Chronicle): void {
    for (const [i, ms] of h.time.entries()) {
      this.#add(ms / 1000, {
        connections: h.connections[i] ?? null,
        users: h.users[i] ?? null,
        in: h.in[i] ?? null,
        out: h.out[i] ?? null,
        p50: h.p50[i] || null,
        p99: h.p99[i] || null,
      })
    }
  }

  #add(time: number, values: Record<Column, number | null>): void {
    const last = this.time.at(-1) ?? -Infinity
    if (time < last) return // known already
    if (time < last + 0.5) {
      for (const c of COLUMNS) this.columns[c][this.time.length - 1] = values[c] // the same second, told anew
      return
    }
    if (time - last > HOLE && this.time.length > 0) this.#push(last + 1, null)
    this.#push(time, values)
    while (this.time[0]! < time - SPAN) {
      this.time.shift()
      for (const c of COLUMNS) this.columns[c].shift()
    }
  }

  #push(time: number, values: Record<Column, number | null> | null): void {
    this.time.push(time)
    for (const c of COLUMNS) this.columns[c].push(values && values[c])
  }
}

function isUpdate(v: unknown): v is DashboardUpdate {
  if (typeof v !== 'object' || v === null) return false
  const u = v as Partial<DashboardUpdate>
  return [u.time, u.totalConnections, u.uniqueUsers, u.uptimeSeconds, u.messagesInPerSecond?.['1s'], u.messagesOutPerSecond?.['1s']].every(Number.isFinite)
}
