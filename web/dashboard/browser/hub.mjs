import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const KEY = 'a-key-for-browser-tests-only'

/** The hub's binary with the page in it, built from this checkout unless TEST_HUB names one. */
export class Hub {
  #dir = mkdtempSync(join(tmpdir(), 'hub-dashboard-'))
  #binary = process.env.TEST_HUB ?? join(this.#dir, 'hub')
  #secret = join(this.#dir, 'secret')
  #keys = join(this.#dir, 'keys')
  #process
  #port = 0
  internal

  constructor() {
    writeFileSync(this.#secret, '0123456789abcdef0123456789abcdef')
    writeFileSync(this.#keys, `tests:${KEY}:admin\n`)
    if (!process.env.TEST_HUB) {
      execFileSync('go', ['build', '-buildvcs=false', '-o', this.#binary, './cmd/hub'], {
        cwd: join(import.meta.dirname, '..', '..', '..'), stdio: 'inherit',
      })
    }
  }

  /** Starts it, on the same port as before if there was one. */
  async start() {
    const child = (this.#process = spawn(this.#binary, [
      'serve', '--listen', `127.0.0.1:${this.#port}`, '--internal-listen', '127.0.0.1:0',
      '--jwt-secret-file', this.#secret, '--api-key-file', this.#keys, '--retry-min', '100ms', '--retry-max', '500ms',
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

  get url() {
    return `http://localhost:${this.#port}`
  }

  async kill() {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async stop() {
    await this.kill()
    rmSync(this.#dir, { recursive: true })
  }

  token(user, scope = 'dashboard') {
    const scopes = scope ? scope.split(' ').flatMap((s) => ['--scope', s]) : []
    return execFileSync(this.#binary, ['token', '--user', user, ...scopes, '--jwt-secret-file', this.#secret]).toString().trim()
  }

  async send(to, event, data) {
    const response = await fetch(this.internal + '/api/messages', {
      method: 'POST', headers: { 'X-API-Key': KEY, 'Content-Type': 'application/json' }, body: JSON.stringify({ to, event, data }),
    })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  }

  /** Opens a stream that is read and thrown away. */
  async stream(user) {
    const control = new AbortController()
    const response = await fetch(this.url + '/api/sse', { headers: { Authorization: 'Bearer ' + this.token(user, '') }, signal: control.signal })
    if (!response.ok) throw new Error(`${response.status}`)
    response.body.pipeTo(new WritableStream()).catch(() => {})
    return control
  }

  /** Runs a command as someone would who pasted it. */
  shell(command) {
    return execFileSync('sh', ['-c', command], { env: { PATH: process.env.PATH, HUB_API_KEY: KEY } }).toString()
  }
}
