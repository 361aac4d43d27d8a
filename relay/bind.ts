// How every server of the relay begins to listen, and what is said where it can't.
import type { ListenOptions, Server } from 'node:net'
import { formatHostPort } from './host-port.ts'

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

/** In words for the operator, what binding failed of; undefined: of nothing that they can mend. setting: what says where to listen. */
export function listenFault(error: unknown, setting: string): string | undefined {
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  if (syscall !== 'listen' || address === undefined || port === undefined) return undefined
  const at = formatHostPort({ host: address, port })
  if (code === 'EADDRINUSE')
    return `Another program is already on ${at}. Stop it, or listen elsewhere: ${setting}. culvert-relay check says more of a relay.`
  if (code === 'EACCES') return `This user may not listen on ${at}. Start as root and add --user NAME, or choose a port above 1023.`
  if (code === 'EADDRNOTAVAIL')
    return `This machine has no address ${address}. Listen elsewhere, for example on 0.0.0.0:${port}: ${setting}.`
  return undefined
}
