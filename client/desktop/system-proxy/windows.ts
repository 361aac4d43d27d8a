// The proxy of Windows, by the documented interface of WinINET: options of the LAN connection, read and written whole, then told to running programs.
// https://learn.microsoft.com/windows/win32/api/wininet/ns-wininet-internet_per_conn_option_listw
import type { Run } from './run.ts'
import { type Adapter, MARK, type ProxyWish, type Settings, SystemProxyError } from './settings.ts'
import { WININET_SCRIPT } from './windows-script.ts'

/** As the script names them. `flags` is a sum of these (wininet.h). */
const NAMES = ['server', 'bypass', 'pac', 'flags'] as const
const DIRECT = 1
const PROXY = 2
const PAC = 4

/** This system writes networks as what their addresses begin with. */
const LOCAL_NETWORK = ['10.*', ...Array.from({ length: 16 }, (_, index) => `172.${16 + index}.*`), '192.168.*', '169.254.*', '*.local']
const LOOPBACK = ['localhost', '127.*', '[::1]']

export function createWindows(run: Run, env: NodeJS.ProcessEnv): Adapter {
  // By its whole path: Windows would look into the current folder first.
  const program = `${env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`
  const call = (input: string): ReturnType<Run> => run(program, ['-NoProfile', '-NonInteractive', '-EncodedCommand', ENCODED_SCRIPT], input)
  return {
    name: 'windows',
    isHere: async () => true,
    async read() {
      const { code, stdout } = await call('read\n')
      const settings = code === 0 ? parse(stdout) : undefined
      if (settings === undefined) throw new SystemProxyError('unreadable', 'Windows’ proxy settings cannot be read.')
      return settings
    },
    express,
    expressDirect: () =>
      new Map<string, string | undefined>([
        ['server', undefined],
        ['bypass', undefined],
        ['pac', undefined],
        ['flags', String(DIRECT)],
      ]),
    isMarked: (now) => (now.get('bypass') ?? '').split(';').includes(MARK),
    leadsOf: (name) => (name === 'flags' || name === 'pac' ? ['server'] : []),
    async write(change) {
      const { code } = await call(`write\n${[...change].map(([name, value]) => `${name} ${encode(value)}\n`).join('')}`)
      if (code !== 0) throw new SystemProxyError('refused', 'Windows does not let its proxy settings be changed.')
    },
  }
}

const ENCODED_SCRIPT: string = Buffer.from(WININET_SCRIPT, 'utf16le').toString('base64')

/** In Base64, so that no code page and no language has a part in it. `-` is a value that is not set. */
function encode(value: string | undefined): string {
  return value === undefined || value === '' ? '-' : Buffer.from(value).toString('base64')
}

function parse(stdout: string): Settings | undefined {
  const lines = stdout.split(/\r?\n/).map((line) => /^([a-z]+) (-|[A-Za-z0-9+/]+=*)$/.exec(line))
  const found = new Map(lines.flatMap((match) => (match === null ? [] : [[match[1] as string, match[2] as string] as const])))
  if (!NAMES.every((name) => found.has(name))) return undefined
  const settings = new Map(NAMES.map((name) => [name, decode(found.get(name) as string)]))
  return /^\d{1,10}$/.test(settings.get('flags') ?? '') ? settings : undefined
}

function decode(text: string): string | undefined {
  return text === '-' ? undefined : Buffer.from(text, 'base64').toString('utf8')
}

/**
 * WinINET asks a PAC file first and falls back to the fixed proxy, so that nothing goes out when the file can't be fetched. Its own list of exceptions
 * is too short for sites that go direct. Finding a proxy by itself is switched off: the network would have the first word.
 */
function express({ httpPort, direct, pacUrl }: ProxyWish): Settings {
  const pac = direct.length > 0 ? pacUrl : undefined
  return new Map<string, string | undefined>([
    ['server', `127.0.0.1:${httpPort}`],
    ['bypass', [...LOOPBACK, ...LOCAL_NETWORK, MARK].join(';')],
    ['pac', pac],
    ['flags', String(DIRECT + PROXY + (pac === undefined ? 0 : PAC))],
  ])
}
