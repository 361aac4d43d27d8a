// How every server of the relay begins to listen.
import type { ListenOptions, Server } from 'node:net'

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
