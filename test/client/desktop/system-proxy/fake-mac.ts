// networksetup and scutil as they answer: the outputs are those recorded in their manual pages and in reports of macOS 12 to 15.
import type { Run, RunResult } from '../../../../client/desktop/system-proxy/run.ts'

interface Proxy {
  isOn: boolean
  host: string
  port: string
  hasPassword: boolean
}
interface Service {
  web: Proxy
  secure: Proxy
  socks: Proxy
  pac: { isOn: boolean; url: string }
  discovery: boolean
  bypass: string[]
}

const none = (): Proxy => ({ isOn: false, host: '', port: '0', hasPassword: false })
export const freshService = (): Service => ({
  web: none(),
  secure: none(),
  socks: none(),
  pac: { isOn: false, url: '' },
  discovery: false,
  bypass: [],
})

export class FakeMac {
  readonly services = new Map<string, Service>([
    ['Wi-Fi', freshService()],
    ['USB 10/100/1000 LAN', freshService()],
  ])
  /** Every command that changes something. */
  readonly commands: string[] = []
  /** Answers a command in place of the system. */
  interfere: (args: readonly string[]) => Partial<RunResult> | undefined = () => undefined

  readonly run: Run = async (file, args) => {
    const interfered = this.interfere(args)
    if (interfered !== undefined) return { code: 0, stdout: '', stderr: '', ...interfered }
    if (file === '/usr/sbin/scutil') return ok(this.#effective())
    if (file !== '/usr/sbin/networksetup') return { code: undefined, stdout: '', stderr: '' }
    return this.#networksetup(args)
  }

  #networksetup([command = '', name = '', ...rest]: readonly string[]): RunResult {
    if (command === '-listallnetworkservices') {
      const names = [...this.services.keys()].map((service) => `${service}\n`).join('')
      return ok(`An asterisk (*) denotes that a network service is disabled.\n${names}*Thunderbolt Bridge\n`)
    }
    const service = this.services.get(name)
    if (service === undefined) return ok(`${name} is not a recognized network service.\n** Error: The parameters were not valid.\n`)
    if (command.startsWith('-set')) this.commands.push([command, name, ...rest].join(' '))
    const proxies: Readonly<Record<string, Proxy>> = {
      webproxy: service.web,
      securewebproxy: service.secure,
      socksfirewallproxy: service.socks,
    }
    const [, verb = '', kind = ''] = /^-(get|set)(.+)$/.exec(command) ?? []
    const proxy = proxies[kind.replace(/state$/, '')]
    if (proxy !== undefined) return ok(verb === 'get' ? spell(proxy) : setProxy(proxy, kind.endsWith('state'), rest))
    if (kind === 'proxybypassdomains') {
      if (verb === 'set') service.bypass = rest[0] === 'Empty' ? [] : rest
      return ok(
        verb === 'set'
          ? ''
          : service.bypass.length === 0
            ? `There aren't any bypass domains set on ${name}.\n`
            : `${service.bypass.join('\n')}\n`,
      )
    }
    if (kind === 'proxyautodiscovery') {
      if (verb === 'set') service.discovery = rest[0] === 'on'
      return ok(verb === 'set' ? '' : `Auto Proxy Discovery: ${service.discovery ? 'On' : 'Off'}\n`)
    }
    if (kind === 'autoproxyurl' && verb === 'set') service.pac = { isOn: true, url: rest[0] as string }
    else if (kind === 'autoproxystate') service.pac.isOn = rest[0] === 'on'
    else return ok(`URL: ${service.pac.url || '(null)'}\nEnabled: ${service.pac.isOn ? 'Yes' : 'No'}\n`)
    return ok('')
  }

  #effective(): string {
    const [{ secure }] = [...this.services.values()].slice(-1) as [Service]
    const lines = secure.isOn ? `  HTTPSEnable : 1\n  HTTPSPort : ${secure.port}\n  HTTPSProxy : ${secure.host}\n` : '  HTTPSEnable : 0\n'
    return `<dictionary> {\n  ExceptionsList : <array> {\n    0 : *.local\n  }\n${lines}}\n`
  }
}

function ok(stdout: string): RunResult {
  return { code: 0, stdout, stderr: '' }
}

function spell({ isOn, host, port, hasPassword }: Proxy): string {
  return `Enabled: ${isOn ? 'Yes' : 'No'}\nServer: ${host}\nPort: ${port}\nAuthenticated Proxy Enabled: ${hasPassword ? 1 : 0}\n`
}

/** Naming one switches it on. */
function setProxy(proxy: Proxy, isState: boolean, rest: readonly string[]): string {
  if (isState) proxy.isOn = rest[0] === 'on'
  else Object.assign(proxy, { isOn: true, host: rest[0], port: rest[1] })
  return ''
}
