import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const KEY = 'a-key-for-browser-tests-only'

/** A hub in a process of its own, for the browser tests of the client, the dashboard and the examples. */
export class Hub {
  #dir = mkdtempSync(join(tmpdir(), 'hub-browser-'))
  #binary = process.env.TEST_HUB ?? join(this.#dir, 'hub')
  #secret = join(this.#dir, 'secret')
  #keys = join(this.#dir, 'keys')
  #flags
  #process
  #port = 0
  /** The internal listener's URL. */
  internal

  /** origin is that of pages which the hub does not serve itself. */
  constructor(origin, ...flags) {
    this.#flags = [...(origin ? ['--cors-origin', origin] : []), ...flags]
    writeFileSync(this.#secret, '0123456789abcdef0123456789abcdef')
    writeFileSync(this.#keys, `tests:${KEY}:admin\n`)
  }

  /** Builds the binary from this checkout, unless TEST_HUB names one. With another hub it takes that one's. */
  build(other) {
    if (other) this.#binary = other.#binary
    if (other || process.env.TEST_HUB) return
    execFileSync('go', ['build', '-buildvcs=false', '-o', this.#binary, './cmd/hub'], {
      cwd: join(import.meta.dirname, '..', '..', '..'), stdio: 'inherit',
    })
  }

  /** Starts it, on the same ports as before if there were some. */
  async start() {
    const child = (this.#process = spawn(this.#binary, [
      'serve', '--listen', `127.0.0.1:${this.#port}`, '--internal-listen', this.internal?.replace('http://', '') ?? '127.0.0.1:0',
      '--jwt-secret-file', this.#secret, '--api-key-file', this.#keys,
      '--retry-min', '100ms', '--retry-max', '500ms', '--heartbeat', '2s', '--jwt-leeway', '0s',
      ...this.#flags,
    ], { env: {}, stdio: ['ignore', 'ignore', 'pipe'] }))
    let log = '', ready = false
    for await (const line of createInterface({ input: child.stderr })) {
      log += line + '\n'
      const entry = line.startsWith('{') ? JSON.parse(line) : {}
      if (entry.listener === 'public') this.#port = +entry.addr.split(':').pop()
      if (entry.listener === 'internal') this.internal = `http://${entry.addr}`
      if ((ready = entry.msg === 'ready')) break
    }
    if (!ready) throw new Error('the hub did not start:\n' + log)
    child.stderr.resume()
  }

  /** Cookies know no ports: the page's own host is also the hub's. */
  get url() {
    return `http://localhost:${this.#port}`
  }

  kill() {
    return this.#end('SIGKILL')
  }

  /** Has it stand still, with all its connections. */
  freeze() {
    this.#process.kill('SIGSTOP')
  }

  thaw() {
    this.#process.kill('SIGCONT')
  }

  /** Has it say goodbye to its clients, and waits for its end. */
  terminate() {
    return this.#end('SIGTERM')
  }

  async #end(signal) {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }

  async stop() {
    await this.kill()
    rmSync(this.#dir, { recursive: true })
  }

  token(user, { scopes = ['dashboard'], ttl = '1h' } = {}) {
    const flags = ['--user', user, '--ttl', ttl, '--jwt-secret-file', this.#secret, ...scopes.flatMap((s) => ['--scope', s])]
    return execFileSync(this.#binary, ['token', ...flags]).toString().trim()
  }

  async #call(path, init = {}) {
    const response = await fetch(this.internal + path, {
      ...init, headers: { 'X-API-Key': KEY, 'Content-Type': 'application/json' },
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }

  send(to, event, data) {
    return this.#call('/api/messages', { method: 'POST', body: JSON.stringify({ to, event, data }) })
  }

  disconnect(user) {
    return this.#call(`/api/users/${user}/connections`, { method: 'DELETE' })
  }

  async connections() {
    return (await this.#call('/api/stats')).total.totalConnections
  }

  /** Opens a stream that is read and thrown away. */
  async stream(user) {
    const control = new AbortController()
    const response = await fetch(this.url + '/api/sse', { headers: { Authorization: 'Bearer ' + this.token(user) }, signal: control.signal })
    if (!response.ok) throw new Error(`${response.status}`)
    response.body.pipeTo(new WritableStream()).catch(() => {})
    return control
  }

  /** Runs a command as a service would that has the key. */
  shell(command) {
    return execFileSync('sh', ['-c', command], { env: { PATH: process.env.PATH, HUB_API_KEY: KEY } }).toString()
  }
}
