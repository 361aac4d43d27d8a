// A real sshd with keys of its own, which runs as inetd would run it: it can't be told by itself to take any free port.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../programs.ts'

export interface Sshd {
  readonly program: string
  /** `-o` pairs. */
  readonly settings: readonly string[]
  /** The file of the key that it lets in. */
  readonly userKey: string
}

/** Makes the keys in `folder`. */
export function makeSshd(folder: string): Sshd {
  const [hostKey, userKey] = [join(folder, 'host-key'), join(folder, 'user-key')]
  for (const file of [hostKey, userKey]) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
  const options = {
    HostKey: hostKey,
    AuthorizedKeysFile: `${userKey}.pub`,
    StrictModes: 'no',
    UsePAM: 'no',
    PermitRootLogin: 'yes',
    PidFile: 'none',
  }
  const settings = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  return { program: findProgram('sshd') as string, settings, userKey }
}
