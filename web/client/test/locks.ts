// Web Locks for Node, which has none: one lock a name, granted in order; `steal` takes it at once.
type Holder = { steal: (reason: Error) => void }

export class FakeLocks {
  readonly #held = new Map<string, Holder>()
  readonly #queue: { name: string; start: () => void }[] = []

  request(name: string, options: { steal?: boolean }, fn: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        const holder: Holder = { steal: reject }
        this.#held.set(name, holder)
        Promise.resolve()
          .then(fn)
          .then(resolve, reject)
          .finally(() => this.#held.get(name) === holder && this.#release(name))
      }
      const holder = this.#held.get(name)
      if (!holder) return start()
      if (!options.steal) return void this.#queue.push({ name, start })
      start()
      holder.steal(new DOMException('stolen', 'AbortError'))
    })
  }

  #release(name: string): void {
    this.#held.delete(name)
    const next = this.#queue.findIndex((q) => q.name === name)
    if (next >= 0) this.#queue.splice(next, 1)[0]!.start()
  }
}
