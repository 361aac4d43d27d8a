// How every server of the relay begins to listen, and what is said where it can't.
import type { ListenOptions, Server } from 'node:net'
import { formatHostPort, type HostPort } from './host-port.ts'
import { everyAddress, machineAddresses } from './machine-addresses.ts'

/**
 * Resolves once bound. Rejects with what binding failed of. What accepting fails of later, such as descriptors or memory that are used up, loses whoever came
 * and ends nothing: without a listener it would end the process.
 */
export function bind(server: Server, at: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, () => {
      server.off('error', reject).on('error', () => undefined)
      resolve()
    })
  })
}

/** What a relay's own port is set by. */
const LISTEN_SETTING = '“listen” in config.json; behind a web server, then say culvert-relay front and reload that'

/** What port 80 is set by. The authority always dials that, so that another port is of use only where it is forwarded. */
export const ACME_LISTEN_SETTING = '“tls.acme.listen” in config.json, and forward port 80 to that'

/** What keeps a program from listening there, by the system's code, and what an operator does about it. setting: what says where to listen. */
export function refusedListening(
  code: string | undefined,
  { host, port }: HostPort,
  setting: string = LISTEN_SETTING,
): { says: string; mend: string } {
  const at = formatHostPort({ host, port })
  if (code === 'EADDRINUSE') {
    const which = `To see which it is: sudo ss -ltnp 'sport = :${port}'`
    return { says: `Another program is already on ${at}.`, mend: `Stop it, or listen elsewhere: ${setting}. ${which}` }
  }
  if (code === 'EACCES')
    return { says: `This user may not listen on ${at}.`, mend: 'Start as root and add --user NAME, or choose a port above 1023.' }
  const says = code === 'EADDRNOTAVAIL' ? `This machine has no address ${host}.` : `This machine can’t listen on ${at} (${code}).`
  return { says, mend: `Listen elsewhere, for example on ${everyAddress(machineAddresses())}:${port}: ${setting}.` }
}

/** In words for the operator, what binding failed of; undefined: of nothing of that kind. */
export function listenFault(error: unknown, setting?: string): string | undefined {
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  if (syscall !== 'listen' || address === undefined || port === undefined) return undefined
  const { says, mend } = refusedListening(code, { host: address, port }, setting)
  return `${says} ${mend}`
}
