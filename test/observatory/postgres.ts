// A real PostgreSQL of our own: a fresh cluster in a folder, on a private socket and on no port, ended by its process id.
import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Program } from '../e2e/program.ts'

export interface Postgres {
  /** Of a database that nobody has used before. */
  newDatabase(): string
  stop(): Promise<void>
  readonly folder: string
}

/** For a server that is told to end at once. */
const WAITS_MAX = 50
const WAIT_MS = 100

/** Durable where it is measured; tests need no disk that outlives them. */
export async function startPostgres({ isDurable = false }: { readonly isDurable?: boolean } = {}): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-pg-'))
  const [data, socket] = [join(folder, 'data'), join(folder, 'socket')]
  mkdirSync(data, { mode: 0o700 })
  mkdirSync(socket, { mode: 0o777 })
  // PostgreSQL refuses to run as root.
  const isRoot = process.getuid?.() === 0
  if (isRoot) for (const path of [folder, data, socket]) chownSync(path, idOf('-u'), idOf('-g'))
  const as = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
  const user = isRoot ? 'postgres' : userInfo().username
  const quick = isDurable ? ['-c', 'max_wal_size=4GB'] : ['-c', 'fsync=off', '-c', 'full_page_writes=off']
  run([...as, binary('initdb'), '-D', data, '-A', 'trust', '-U', user, '--no-sync', '--locale=C.UTF-8'])
  const server = new Program([...as, binary('postgres'), '-D', data, '-k', socket, '-c', 'listen_addresses=', ...quick], { folder })
  // However this process ends, but by SIGKILL: a statement under way doesn't go on in a folder that is gone.
  const abandon = (): void => {
    server.signal('SIGQUIT')
    const pause = new Int32Array(new SharedArrayBuffer(4))
    for (let waits = 0; waits < WAITS_MAX && existsSync(join(data, 'postmaster.pid')); waits++) Atomics.wait(pause, 0, 0, WAIT_MS)
    rmSync(folder, { recursive: true, force: true, maxRetries: WAITS_MAX, retryDelay: WAIT_MS })
  }
  process.prependOnceListener('exit', abandon)
  const early = server.ended.then(() => Promise.reject(new Error(`PostgreSQL did not start: ${server.stderr}`)))
  await Promise.race([ready(socket, user), early])
  early.catch(() => undefined)
  let count = 0
  return {
    folder: data,
    newDatabase: () => {
      const name = `observatory${count++}`
      run([binary('createdb'), '-h', socket, '-U', user, name])
      return `postgres://${user}@localhost/${name}?host=${encodeURIComponent(socket)}`
    },
    stop: async () => {
      server.signal('SIGINT')
      await server.ended
      process.off('exit', abandon)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function ready(socket: string, user: string): Promise<void> {
  const { default: pg } = await import('pg')
  for (;;) {
    const client = new pg.Client({ host: socket, user, database: 'postgres' })
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

function binary(name: string): string {
  const found = globSync(`/usr/lib/postgresql/*/bin/${name}`).sort().at(-1)
  if (found !== undefined && existsSync(found)) return found
  return name
}

function idOf(flag: string): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
}

function run(argv: readonly string[]): void {
  const [file = '', ...args] = argv
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** All bytes of the files below a folder, for looking for what must not be there. */
export function bytesBelow(folder: string): Buffer {
  const files = globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile())
  return Buffer.concat(files.map((entry) => readFileSync(join(entry.parentPath, entry.name))))
}
