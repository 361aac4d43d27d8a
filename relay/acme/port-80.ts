// The plain HTTP port that most sites with TLS have: sends every visitor to https, and shows the authority the proof that it asks for.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Room } from '#protocol/room'
import { bind } from '../bind.ts'
import { formatHostPort, type HostPort } from '../host-port.ts'
import { acmeLimits } from '../limits.ts'
import type { Proofs } from './obtain.ts'

export interface Port80 {
  readonly port: number
  close(): Promise<void>
}

const PROOF = /^\/\.well-known\/acme-challenge\/([A-Za-z0-9_-]{1,128})$/

/** address: what people dial. Rejects with what binding failed of. */
export async function listenPort80(listen: HostPort, domain: string, address: HostPort, proofs: Proofs): Promise<Port80> {
  const site = formatHostPort({ host: domain, port: address.port }).replace(/:443$/, '')
  const server = createServer((request, response) => {
    request.resume()
    const proof = proofs.get(PROOF.exec(request.url ?? '')?.[1] ?? '')
    if (proof !== undefined) {
      response.setHeader('Content-Type', 'application/octet-stream')
      response.end(proof)
      return
    }
    const path = /^\/[\x21-\x7e]*$/.test(request.url ?? '') ? request.url : '/'
    response.writeHead(301, { Location: `https://${site}${path}`, 'Content-Length': 0 }).end()
  })
  server.maxHeadersCount = 100
  new Room(server, acmeLimits.socketsMax)
  await bind(server, listen)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
