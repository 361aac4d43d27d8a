// Giving root up once the ports are bound: the relay's own folder goes to the unprivileged user, and the process follows.
import { chownSync, lchownSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from './operator-error.ts'

const DEFAULT_USER = 'nobody'
/** The relay's folder holds a few dozen files; more is not a folder that we made. */
const ENTRIES_MAX = 10_000

/** The working directory is the relay's folder: it stays reachable when its parents are not. Does nothing for a process that is not root. */
export function dropRoot(user: string | undefined): void {
  if (process.getuid?.() !== 0) return
  const owner = statSync('.').uid
  const { uid, gid } =
    user === undefined && owner !== 0
      ? findUser((entry) => entry.uid === owner)
      : findUser((entry) => entry.name === (user ?? DEFAULT_USER))
  if (uid === 0) throw new OperatorError('The relay does not run as root: give another user with --user.')
  giveFolder('.', uid, gid)
  process.setgroups?.([])
  process.setgid?.(gid)
  process.setuid?.(uid)
}

interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

function findUser(matches: (user: User) => boolean): User {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':')
    const user = { name: name ?? '', uid: Number(uid), gid: Number(gid) }
    if (line !== '' && matches(user)) return user
  }
  throw new OperatorError('The relay was started by root and found no user to become. Give one with --user.')
}

function giveFolder(path: string, uid: number, gid: number): void {
  chownSync(path, uid, gid)
  const entries = readdirSync(path, { recursive: true, encoding: 'utf8' })
  if (entries.length > ENTRIES_MAX) throw new OperatorError('This folder holds more than a relay: give the relay a folder of its own.')
  for (const entry of entries) lchownSync(join(path, entry), uid, gid)
}
