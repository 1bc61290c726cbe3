import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hub } from './hub.mjs'

/** Where Debian has programs, not all of it in everybody's PATH. */
const dirs = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
const find = (name) => dirs.map((dir) => join(dir, name)).find((path) => existsSync(path))

/** Which of the programs are missing, for the test to be skipped. */
export const missing = (...names) => names.filter((name) => !find(name)).join(', ')

/** The sample of deploy/ with each string replaced, which must be there. */
function sample(path, replacements) {
  let text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'deploy', path), 'utf8')
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`deploy/${path} has no ${from}`)
    text = text.replaceAll(from, to)
  }
  return text
}

/**
 * Three hubs that share a log in Redis, with a load balancer of deploy/ before
 * them. Its addresses are loopback's, of a network of its own, so that the
 * samples' ports can stay.
 */
export class Fleet {
  #dir = mkdtempSync(join(tmpdir(), 'hub-fleet-'))
  #net = `127.${64 + Math.floor(Math.random() * 128)}.${Math.floor(Math.random() * 256)}.`
  #children = []
  /** The hubs by instance. */
  hubs = new Map()
  /** Where the load balancer listens. */
  url = `https://${this.#net}100:8443`

  async start(balancer) {
    const redis = this.#net + '200'
    await this.#run(redis, 6379, 'redis-server', '--bind', redis, '--port', '6379', '--save', '', '--dir', this.#dir)
    for (let i = 1; i <= 3; i++) {
      const host = this.#net + i
      const hub = new Hub(this.url, '--instance', `hub${i}`, '--engine', `redis://${redis}`, '--listen', `${host}:8080`,
        '--internal-listen', `${host}:8081`, '--trusted-proxy', '127.0.0.0/8', '--drain-delay', '0', '--drain-window', '0')
      hub.build(this.hubs.get('hub1'))
      this.hubs.set(`hub${i}`, hub)
      await hub.start()
    }
    this.#certificate()
    await this[balancer]()
  }

  #certificate() {
    const key = join(this.#dir, 'hub.key')
    const crt = join(this.#dir, 'hub.crt')
    execFileSync(find('openssl'), ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
      '-subj', '/CN=hub', '-days', '1', '-keyout', key, '-out', crt], { stdio: 'pipe' })
    writeFileSync(join(this.#dir, 'hub.pem'), readFileSync(crt, 'utf8') + readFileSync(key, 'utf8'))
  }

  nginx() {
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `\n${kind}_temp_path ${this.#dir}/${kind};`)
    const config = this.#write('nginx.conf', sample('nginx/nginx.conf', [
      ['10.0.0.', this.#net], ['listen 443 ', `listen ${this.#net}100:8443 `], ['/etc/nginx/tls/', this.#dir + '/'],
      ['/var/log/nginx/', this.#dir + '/'], ['/run/nginx.pid', this.#dir + '/nginx.pid'], ['http {', 'http {' + temp.join('')],
      ['worker_processes auto', 'worker_processes 1'], ['worker_connections 262144', 'worker_connections 512'],
      ['worker_rlimit_nofile 1048576;', ''], // for which there are descriptors
    ]))
    return this.#run(this.#net + '100', 8443, 'nginx', '-e', join(this.#dir, 'early.log'), '-c', config, '-g', 'daemon off;')
  }

  haproxy() {
    const config = this.#write('haproxy.cfg', sample('haproxy/haproxy.cfg', [
      ['10.0.0.', this.#net], ['bind :443 ', `bind ${this.#net}100:8443 `], ['/etc/haproxy/', this.#dir + '/'],
      ['maxconn 500000', 'maxconn 200'], ['maxconn 200000', 'maxconn 100'], // for which there are descriptors
    ]))
    return this.#run(this.#net + '100', 8443, 'haproxy', '-db', '-f', config)
  }

  #write(name, text) {
    writeFileSync(join(this.#dir, name), text)
    return join(this.#dir, name)
  }

  /** Starts a program, with its workers in a group of processes, and waits until it listens. */
  async #run(host, port, name, ...args) {
    const child = spawn(find(name), args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#children.push(child)
    let out = ''
    child.stdout.on('data', (text) => (out += text))
    child.stderr.on('data', (text) => (out += text))
    while (!(await listens(host, port))) {
      if (child.exitCode !== null) throw new Error(`${name} ended:\n${out}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async stop() {
    await Promise.all([...this.hubs.values()].map((hub) => hub.stop()))
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null) continue
      const exit = once(child, 'exit')
      process.kill(-child.pid, 'SIGKILL')
      await exit
    }
    rmSync(this.#dir, { recursive: true })
  }
}

const listens = (host, port) =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => resolve(true) ?? socket.destroy())
    socket.on('error', () => resolve(false))
  })
