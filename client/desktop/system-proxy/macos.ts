// The proxy of macOS, which is kept for each network service (Wi-Fi, an adapter, a VPN): networksetup(8) reads and writes it, scutil(8) says what counts.
import { systemProxyLimits } from '../limits.ts'
import type { Run, RunResult } from './run.ts'
import { type Adapter, LOOPBACK, MARK, type ProxyWish, type Settings, SystemProxyError } from './settings.ts'

const NETWORKSETUP = '/usr/sbin/networksetup'
const SCUTIL = '/usr/sbin/scutil'
/** What of each service is read and written. `socks` is switched off: with both, programs differ in which they take. */
const KINDS = ['bypass', 'web', 'secure', 'socks', 'pac', 'discovery'] as const
type Kind = (typeof KINDS)[number]
/** As networksetup spells its commands: `-getwebproxy`, `-setwebproxystate` … */
const COMMANDS: Readonly<Record<Kind, string>> = {
  bypass: 'proxybypassdomains',
  web: 'webproxy',
  secure: 'securewebproxy',
  socks: 'socksfirewallproxy',
  pac: 'autoproxyurl',
  discovery: 'proxyautodiscovery',
}
/** This system writes networks its own way. */
const LOCAL_NETWORK = ['10/8', '172.16/12', '192.168/16', '169.254/16', '*.local']

export function createMacos(run: Run): Adapter {
  return {
    name: 'macos',
    isHere: async () => true,
    read: () => read(run),
    express,
    expressDirect: (now) => new Map([...now.keys()].map((name) => [name, kindOf(name) === 'bypass' ? '' : 'off'])),
    isMarked: (now) => [...now].some(([name, value]) => kindOf(name) === 'bypass' && value?.split('\n').includes(MARK)),
    leadsOf: (name) =>
      ['pac', 'discovery', 'socks'].includes(kindOf(name)) ? [`${serviceOf(name)}\tweb`, `${serviceOf(name)}\tsecure`] : [],
    isInEffect: () => isInEffect(run),
    write: (change) => write(run, change),
  }
}

/** A setting's name is that of its service, a tab, and the kind: no service has a tab in its name. */
function kindOf(name: string): Kind {
  return name.slice(name.lastIndexOf('\t') + 1) as Kind
}

function serviceOf(name: string): string {
  return name.slice(0, name.lastIndexOf('\t'))
}

async function read(run: Run): Promise<Settings> {
  const settings = new Map<string, string>()
  for (const service of await listServices(run)) {
    const texts = await Promise.all(KINDS.map((kind) => networksetup(run, `-get${COMMANDS[kind]}`, service)))
    for (const [index, kind] of KINDS.entries()) settings.set(`${service}\t${kind}`, parse(kind, texts[index] as string))
  }
  return settings
}

/** The first line is a remark about the asterisk, which stands before services that are switched off. */
async function listServices(run: Run): Promise<readonly string[]> {
  const [, ...lines] = (await networksetup(run, '-listallnetworkservices')).split('\n')
  const services = lines.filter((line) => line !== '' && !line.startsWith('*') && !line.includes('\t'))
  if (services.length > systemProxyLimits.servicesMax) throw unreadable()
  return services
}

function parse(kind: Kind, text: string): string {
  if (kind === 'bypass') return /^There aren't any/.test(text) ? '' : text.trim()
  if (kind === 'discovery') return /^Auto Proxy Discovery: On/m.test(text) ? 'on' : 'off'
  const enabled = /^Enabled: (Yes|No)$/m.exec(text)?.[1]
  if (enabled === undefined) throw unreadable()
  const isOn = enabled === 'Yes'
  if (kind === 'pac') return spell(isOn, /^URL: (?!\(null\))(\S+)$/m.exec(text)?.[1] ?? '')
  if (isOn && /^Authenticated Proxy Enabled: 1/m.test(text)) {
    throw new SystemProxyError('password', 'A proxy with a password is set, which could not be put back.')
  }
  const [host, port] = [/^Server: (\S+)$/m.exec(text)?.[1] ?? '', /^Port: (\d+)$/m.exec(text)?.[1] ?? '0']
  // A proxy of this computer that is switched off is none: networksetup has no word for an empty one.
  return spell(isOn, host === '' || (!isOn && host === '127.0.0.1') ? '' : `${host} ${port}`)
}

function spell(isOn: boolean, where: string): string {
  return where === '' ? 'off' : `${isOn ? 'on' : 'off'} ${where}`
}

function express({ httpPort, direct }: ProxyWish, now: Settings): Settings {
  const bypass = [...LOOPBACK, ...LOCAL_NETWORK, ...direct, MARK].join('\n')
  const wanted: Readonly<Record<Kind, string>> = {
    bypass,
    web: `on 127.0.0.1 ${httpPort}`,
    secure: `on 127.0.0.1 ${httpPort}`,
    socks: 'off',
    pac: 'off',
    discovery: 'off',
  }
  return new Map([...now].map(([name, value]) => [name, switched(value ?? 'off', wanted[kindOf(name)])]))
}

/** What is only to be off keeps where it would lead to. */
function switched(value: string, wanted: string): string {
  return wanted === 'off' ? value.replace(/^on /, 'off ').replace(/^on$/, 'off') : wanted
}

async function write(run: Run, change: Settings): Promise<void> {
  for (const [name, value = 'off'] of change) {
    const [service, kind] = [serviceOf(name), kindOf(name)]
    const command = COMMANDS[kind]
    const [state = 'off', ...where] = value.split(' ')
    if (kind === 'bypass') await networksetup(run, `-set${command}`, service, ...(value === '' ? ['Empty'] : value.split('\n')))
    else if (kind === 'discovery') await networksetup(run, `-set${command}`, service, state)
    else {
      // Naming a proxy switches it on, so the state comes last.
      if (where.length > 0) await networksetup(run, `-set${command}`, service, ...where, ...(kind === 'pac' ? [] : ['off']))
      await networksetup(run, `-set${kind === 'pac' ? 'autoproxy' : command}state`, service, state)
    }
  }
}

/** A VPN or a profile may have the last word: then a loopback proxy is not what programs are told of. */
async function isInEffect(run: Run): Promise<boolean> {
  const { code, stdout } = await run(SCUTIL, ['--proxy'])
  return code === 0 && /^\s*HTTPSEnable : 1$/m.test(stdout) && /^\s*HTTPSProxy : 127\.0\.0\.1$/m.test(stdout)
}

/** networksetup reports some faults on stdout, with an exit status of 0. */
async function networksetup(run: Run, ...args: readonly string[]): Promise<string> {
  const result = await run(NETWORKSETUP, args)
  if (result.code === 0 && !result.stdout.includes('** Error')) return result.stdout.replaceAll('\r', '')
  throw args[0]?.startsWith('-set') === true ? refused(result) : unreadable()
}

function refused({ stdout, stderr }: RunResult): SystemProxyError {
  const isForbidden = /admin|privilege|authoriz/i.test(stdout + stderr)
  return new SystemProxyError(
    'refused',
    isForbidden ? 'Only an administrator may change this Mac’s proxy.' : 'This Mac does not let its proxy be changed.',
  )
}

function unreadable(): SystemProxyError {
  return new SystemProxyError('unreadable', 'This Mac’s proxy settings cannot be read.')
}
