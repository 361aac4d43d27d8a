// The proxy of GNOME, Cinnamon and others that keep it in gsettings (schema org.gnome.system.proxy). Firefox and GTK programs read it on every desktop.
import type { Run } from './run.ts'
import { type Adapter, LOCAL_NETWORK, LOOPBACK, MARK, type ProxyWish, type Settings, SystemProxyError } from './settings.ts'

const SCHEMA = 'org.gnome.system.proxy'
/** Schema and key; the switch stands last, so that it is written when the rest is there. */
const NAMES = [
  `${SCHEMA} ignore-hosts`,
  `${SCHEMA}.http host`,
  `${SCHEMA}.http port`,
  `${SCHEMA}.http use-authentication`,
  `${SCHEMA}.https host`,
  `${SCHEMA}.https port`,
  `${SCHEMA}.ftp host`,
  `${SCHEMA}.ftp port`,
  `${SCHEMA}.socks host`,
  `${SCHEMA}.socks port`,
  `${SCHEMA} mode`,
] as const
const MODE = `${SCHEMA} mode`
const LEADS = [`${SCHEMA}.http host`, `${SCHEMA}.http port`]

export function createGnome(run: Run): Adapter {
  return {
    name: 'gnome',
    isHere: async () => (await run('gsettings', ['get', SCHEMA, 'mode'])).code === 0,
    read: () => read(run),
    express: (wish, now) => new Map([...express(wish)].filter(([name]) => now.has(name))),
    expressDirect: () => new Map(NAMES.map((name) => [name, undefined])),
    isMarked: (now) => now.get(MODE) === "'manual'" && (now.get(`${SCHEMA} ignore-hosts`) ?? '').includes(`'${MARK}'`),
    leadsOf: (name) => (name === MODE ? LEADS : []),
    write: (change) => write(run, change),
  }
}

/** Values as GVariant text. dconf tells what is set from what is only the default; without that program all counts as set. */
async function read(run: Run): Promise<Settings> {
  const { code, stdout } = await run('gsettings', ['list-recursively', SCHEMA])
  if (code !== 0) throw new SystemProxyError('unreadable', 'The desktop’s proxy settings cannot be read.')
  const stated = new Map(stdout.split('\n').flatMap(parseLine))
  const isSet = await setNames(run)
  // Older and newer GNOMEs lack a key or two.
  return new Map(NAMES.filter((name) => stated.has(name)).map((name) => [name, isSet(name) ? stated.get(name) : undefined]))
}

function parseLine(line: string): (readonly [string, string])[] {
  const match = /^(\S+) (\S+) (.+)$/.exec(line)
  return match === null ? [] : [[`${match[1]} ${match[2]}`, match[3] as string]]
}

async function setNames(run: Run): Promise<(name: string) => boolean> {
  const { code, stdout } = await run('dconf', ['dump', '/system/proxy/'])
  if (code !== 0) return () => true
  const names = new Set<string>()
  let schema: string = SCHEMA
  for (const line of stdout.split('\n')) {
    const folder = /^\[(.+)\]$/.exec(line)?.[1]
    const key = /^([a-z-]+)=/.exec(line)?.[1]
    if (folder !== undefined) schema = folder === '/' ? SCHEMA : `${SCHEMA}.${folder}`
    else if (key !== undefined) names.add(`${schema} ${key}`)
  }
  return (name) => names.has(name)
}

/** By fixed ports and a list of exceptions, never by a PAC file: GNOME knows one or the other, and a PAC file that can't be fetched lets all out. */
function express({ httpPort, socksPort, direct }: ProxyWish): Settings {
  const hosts = [...LOOPBACK, ...LOCAL_NETWORK, ...direct, MARK]
  return new Map<string, string>([
    [`${SCHEMA} ignore-hosts`, `[${hosts.map((host) => `'${host}'`).join(', ')}]`],
    [`${SCHEMA}.http host`, "'127.0.0.1'"],
    [`${SCHEMA}.http port`, String(httpPort)],
    [`${SCHEMA}.http use-authentication`, 'false'],
    [`${SCHEMA}.https host`, "'127.0.0.1'"],
    [`${SCHEMA}.https port`, String(httpPort)],
    [`${SCHEMA}.ftp host`, "''"],
    [`${SCHEMA}.ftp port`, '0'],
    [`${SCHEMA}.socks host`, socksPort === undefined ? "''" : "'127.0.0.1'"],
    [`${SCHEMA}.socks port`, String(socksPort ?? 0)],
    [MODE, "'manual'"],
  ])
}

async function write(run: Run, change: Settings): Promise<void> {
  for (const [name, value] of change) {
    const [schema = '', key = ''] = name.split(' ')
    const { code } = await run('gsettings', value === undefined ? ['reset', schema, key] : ['set', schema, key, value])
    if (code !== 0) throw new SystemProxyError('refused', 'The desktop does not let its proxy settings be changed.')
  }
}
