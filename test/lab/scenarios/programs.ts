// Programs that others wrote, in the middle of their work when the wall goes up: git and ssh.
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Program } from '../../e2e/program.ts'
import { makeSshd } from '../../e2e/sshd.ts'
import { findProgram } from '../../programs.ts'
import { NAMES } from '../atlas.ts'
import type { Country } from '../country.ts'
import type { LabClient } from '../product.ts'
import { cutoff } from '../recipes/addresses.ts'
import type { Result, Row } from '../report.ts'
import { clockMs } from '../servers/marks.ts'
import { onStage, type Stage, within } from './stage.ts'

const HTTP_PORT = 8080
const SSH_PORT = 22
const LIMIT_MS = 120_000
/** Lines that the far shell says, so far apart, before it tells what it has read. */
const LINES = 100
const LINE_S = 0.1
const INPUT_BYTES = 500_000
const SHELLS = join(import.meta.dirname, '../servers/shells.ts')

export const programRows: Readonly<Record<string, Row>> = {
  'a git clone and an ssh session started before the cutoff': () => onStage((stage) => measurePrograms(stage, 20_000_000)),
}

export async function measurePrograms({ country, connect, invite }: Stage, bytes: number): Promise<Result> {
  const content = randomBytes(bytes)
  const shells = await startShells(country, content)
  const client = await connect(invite())
  const input = randomBytes(INPUT_BYTES).toString('hex')
  const [clone, shell] = [startClone(country, client), startShell(country, client, input)]
  // Both are in the middle of it.
  await within(
    LIMIT_MS,
    'the start',
    Promise.all([
      shells.line((line) => (Number(line.split(' ')[1]) > bytes / 2 ? true : undefined)),
      shell.line((line) => (line === String(LINES / 4) ? true : undefined)),
    ]),
  )
  const cutMs = clockMs()
  await country.censor.apply(cutoff())
  const ends = await within(LIMIT_MS, 'the end of git and ssh', Promise.all([clone.ended, shell.ended]))
  const isCloned = ends[0].code === 0 && readFileSync(join(country.folder, 'clone/file')).equals(content)
  const said = shell.stdout.trim().split('\n')
  const hash = createHash('sha256').update(input).digest('hex')
  const isSaid = ends[1].code === 0 && said.length === LINES + 1 && said.at(-1)?.startsWith(hash) === true
  const outcome = (name: string, isWell: boolean, { stderr }: Program): string =>
    `${name} ${isWell ? 'finished' : `failed (${stderr.trim()})`}`
  const figure = `${outcome('git', isCloned, clone)}, ${outcome('ssh', isSaid, shell)}, ${((clockMs() - cutMs) / 1000).toFixed(0)} s after the cutoff`
  return { figure, bar: 'both finish, through the CDN', pass: isCloned && isSaid }
}

/** A repository and an sshd on the target's machine. */
async function startShells(country: Country, content: Buffer): Promise<Program> {
  const file = (name: string): string => join(country.folder, name)
  const [work, origin] = [file('work'), file('git/origin.git')]
  const git = (...args: string[]): void => {
    const settings = ['user.name=A', 'user.email=a@b.c', 'init.defaultBranch=main', 'core.compression=0'].flatMap((one) => ['-c', one])
    execFileSync('git', [...settings, ...args], { stdio: 'pipe', env: { PATH: process.env['PATH'], HOME: country.folder } })
  }
  mkdirSync(file('git'))
  git('init', work)
  writeFileSync(join(work, 'file'), content)
  git('-C', work, 'add', 'file')
  git('-C', work, 'commit', '-m', 'a file')
  git('clone', '--bare', work, origin)
  const { program, settings } = makeSshd(country.folder)
  const shells = country.target.startNode(SHELLS, file('git'), String(HTTP_PORT), String(SSH_PORT), program, ...settings)
  await shells.line((line) => (line === 'READY' ? true : undefined))
  return shells
}

function startClone(country: Country, client: LabClient): Program {
  const settings = ['-c', `http.proxy=socks5h://${client.socks}`]
  const argv = ['git', ...settings, 'clone', `http://${NAMES.target}:${HTTP_PORT}/origin.git`, join(country.folder, 'clone')]
  return country.client.start(argv, { env: { GIT_CONFIG_NOSYSTEM: '1' } })
}

/** A shell that says a number now and then, and last what it was sent. */
function startShell(country: Country, client: LabClient, input: string): Program {
  const trust = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'BatchMode=yes']
  const way = `ProxyCommand=${findProgram('netcat')} -X 5 -x ${client.socks} %h %p`
  const settings = [...trust, way].flatMap((one) => ['-o', one])
  const script = `i=0; while [ $i -lt ${LINES} ]; do i=$((i + 1)); echo $i; sleep ${LINE_S}; done; sha256sum`
  const argv = ['ssh', '-F', 'none', ...settings, '-i', join(country.folder, 'user-key'), `${userInfo().username}@${NAMES.target}`, script]
  return country.client.start(argv, { input })
}
