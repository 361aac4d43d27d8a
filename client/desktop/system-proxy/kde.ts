// The proxy of KDE Plasma, which keeps it in kioslaverc. Its own programs and Chromium under Plasma read it there.
import type { Run } from './run.ts'
import { type Adapter, LOCAL_NETWORK, LOOPBACK, MARK, type ProxyWish, type Settings, SystemProxyError } from './settings.ts'

/** The switch stands last, so that it is written when the rest is there. */
const NAMES = ['NoProxyFor', 'ReversedException', 'httpProxy', 'httpsProxy', 'ftpProxy', 'socksProxy', 'ProxyType'] as const
const WHERE = ['--file', 'kioslaverc', '--group', 'Proxy Settings', '--key']
const TYPE = 'ProxyType'
const MANUAL = '1'
/** What kreadconfig is to say where there is nothing; no setting can be that. */
const UNSET = '\u0001unset'

export function createKde(run: Run, env: NodeJS.ProcessEnv): Adapter {
  // Plasma 5 and 6 name the same programs differently, and keep the same file.
  const version = env['KDE_SESSION_VERSION'] === '6' ? '6' : '5'
  const programs: Programs = { read: `kreadconfig${version}`, write: `kwriteconfig${version}` }
  return {
    name: 'kde',
    isHere: async () => isPlasma(env) && (await readOne(run, programs, TYPE)) !== undefined,
    read: () => read(run, programs),
    express,
    expressDirect: () => new Map(NAMES.map((name) => [name, undefined])),
    isMarked: (now) => now.get(TYPE) === MANUAL && (now.get('NoProxyFor') ?? '').split(',').includes(MARK),
    leadsOf: (name) => (name === TYPE ? ['httpProxy'] : []),
    write: (change) => write(run, programs, change),
  }
}

interface Programs {
  readonly read: string
  readonly write: string
}

function isPlasma(env: NodeJS.ProcessEnv): boolean {
  return (env['XDG_CURRENT_DESKTOP'] ?? '').split(':').includes('KDE')
}

async function read(run: Run, programs: Programs): Promise<Settings> {
  const settings = new Map<string, string | undefined>()
  for (const name of NAMES) {
    const found = await readOne(run, programs, name)
    if (found === undefined) throw new SystemProxyError('unreadable', 'Plasma’s proxy settings cannot be read.')
    settings.set(name, found.value)
  }
  return settings
}

async function readOne(run: Run, programs: Programs, name: string): Promise<{ readonly value: string | undefined } | undefined> {
  const { code, stdout } = await run(programs.read, [...WHERE, name, '--default', UNSET])
  if (code !== 0) return undefined
  const value = stdout.replace(/\n$/, '')
  return { value: value === UNSET ? undefined : value }
}

/** By fixed ports and a list of exceptions, never by a PAC file: Plasma knows one or the other, and a PAC file that can't be fetched lets all out. */
function express({ httpPort, socksPort, direct }: ProxyWish): Settings {
  // Plasma writes what is below a name with a leading dot.
  const hosts = [...LOOPBACK, ...LOCAL_NETWORK, ...direct, MARK].map((host) => host.replace(/^\*\./, '.'))
  const proxy = `http://127.0.0.1 ${httpPort}`
  return new Map<string, string | undefined>([
    ['NoProxyFor', hosts.join(',')],
    ['ReversedException', 'false'],
    ['httpProxy', proxy],
    ['httpsProxy', proxy],
    ['ftpProxy', undefined],
    ['socksProxy', socksPort === undefined ? undefined : `socks://127.0.0.1 ${socksPort}`],
    [TYPE, MANUAL],
  ])
}

async function write(run: Run, programs: Programs, change: Settings): Promise<void> {
  for (const [name, value] of change) {
    const { code } = await run(programs.write, value === undefined ? [...WHERE, name, '--delete', ''] : [...WHERE, name, '--', value])
    if (code !== 0) throw new SystemProxyError('refused', 'Plasma does not let its proxy settings be changed.')
  }
  // Running programs look again. Where nobody listens there is nobody to tell.
  await run('dbus-send', ['--type=signal', '/KIO/Scheduler', 'org.kde.KIO.Scheduler.reparseSlaveConfiguration', 'string:'])
}
