import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** Takes a port until it is released, so that nothing else gets it meanwhile. */
export async function holdPort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: server.address().port, release: () => new Promise((resolve) => server.close(resolve)) }
}

/** Starts the backend in a language and returns how to stop it. */
export async function startBackend(language, env) {
  const dir = mkdtempSync(join(tmpdir(), 'shop-'))
  let command = [process.execPath, 'examples/backend-node/server.mjs']
  if (language === 'go') {
    command = [join(dir, 'backend')]
    execFileSync('go', ['build', '-buildvcs=false', '-o', command[0], './examples/backend-go'], { cwd: root, stdio: 'inherit' })
  }
  const child = spawn(command[0], command.slice(1), { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const [text] = await Promise.race([once(child.stdout, 'data'), ended.then(([code]) => Promise.reject(new Error(`the backend ended: ${code}`)))])
  if (!String(text).includes(env.PORT)) throw new Error(`the backend says ${text}`)
  return async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(dir, { recursive: true })
  }
}
