// Sockets that say nothing, or the same beginning, and stay: what a program that wants a server for itself would open.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Resolves when the server’s machine has taken them all. Whoever asked for them closes them. */
export async function openSilent(
  where: { readonly port: number } | { readonly path: string },
  count: number,
  said = '',
): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let one = 0; one < count; one++) {
    const socket = connect(where).on('error', () => undefined)
    sockets.push(socket)
    await once(socket, 'connect')
    socket.write(said)
  }
  return sockets
}
