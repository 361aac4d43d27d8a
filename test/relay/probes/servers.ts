// Real nginx and Caddy for the probes: in the foreground, in a folder of their own, on ports that the system chose, ended by their ids.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { accessSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'

/** Linux gives away those from 32,768. */
const PORTS = [20_000, 32_768] as const

export interface RunningServer {
  stop(): Promise<void>
}

/** Those still running when the tests end early. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

export function isInstalled(program: string): boolean {
  return `${process.env['PATH']}:/usr/sbin`.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program))
      return true
    } catch {
      return false
    }
  })
}

/** For programs that can't be told to take any: below those that the system gives away by itself, so that nobody has it before the program does. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...PORTS)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, () => resolve(true))
    })
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Runs nginx with `sites`, the text of what an operator would put into sites-enabled, which listens at `port`; hurried: with times that run out soon. */
export function startNginx(folder: string, sites: string, port: number, isHurried = false): Promise<RunningServer> {
  mkdirSync(folder)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
    .join('\n')
  const file = join(folder, 'nginx.conf')
  const times = isHurried ? 'client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s;' : ''
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${join(folder, 'pid')}; error_log ${join(folder, 'error.log')};
events { worker_connections 1024; }
http {
types { text/html html; text/css css; image/jpeg jpg; }
${temporary}
${times}
${sites}
}
`,
  )
  return start('nginx', ['-c', file, '-p', folder], folder, port)
}

export function startCaddy(folder: string, sites: string, port: number): Promise<RunningServer> {
  mkdirSync(folder)
  const file = join(folder, 'Caddyfile')
  writeFileSync(file, sites)
  return start('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], folder, port)
}

async function start(program: string, args: readonly string[], folder: string, port: number): Promise<RunningServer> {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin`, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-4000)
  })
  await Promise.race([
    answers(port, child),
    once(child, 'exit').then(() => {
      throw new Error(`${program} ended: ${said}`)
    }),
  ])
  return {
    stop: async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

/** Asks until something accepts; each refusal takes a turn of the loop, so nothing is waited for that is already there. */
async function answers(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => setTimeout(resolve, 10, false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
  }
}
