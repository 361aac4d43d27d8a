// Starts the evil edge: evil-main.ts in a process of its own, as the others are, so that it can live in a namespace too.
import { readFileSync } from 'node:fs'
import type { Program } from '../e2e/program.ts'
import type { Origin, Started } from './edge.ts'
import type { Fault } from './fault.ts'
import type { Place } from './place.ts'

/** What evil-main.ts is told, as JSON. */
export interface EvilOptions {
  readonly listen: { readonly host: string; readonly port: number }
  readonly certificate: string
  readonly key: string
  readonly origin: Origin
  readonly fault: Fault | undefined
}

export const STRUCK = 'struck'

export async function startEvil(place: Place, origin: Origin, fault: Fault | undefined): Promise<Started> {
  const { certificateFile, keyFile } = place.site
  const { host, port } = place.listen
  const options: EvilOptions = {
    listen: { host: host === '*' ? '::' : host, port },
    certificate: readFileSync(certificateFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
    origin: { address: origin.address, serverName: origin.serverName, certificate: origin.certificate },
    fault,
  }
  const argv = [process.execPath, `${import.meta.dirname}/evil-main.ts`, place.write('evil.json', JSON.stringify(options))]
  const { said, program } = await place.run(argv, (line) => /^listening (\d+)$/.exec(line)?.[1], 'SIGKILL')
  return { port: Number(said), hasFront: false, struck: (times) => countLines(program, times) }
}

async function countLines(program: Program, times: number): Promise<void> {
  let left = times
  await program.line((line) => (line === STRUCK && --left === 0 ? line : undefined))
}
