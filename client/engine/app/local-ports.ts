// The engine on the ports that the person set, else on those that it had before: programs which were told of them need not be told again.
import type { OffFault } from '../../contract/app-status.ts'
import { type Engine, type EngineOptions, startEngine } from '../engine.ts'

export const LOOPBACK = '127.0.0.1'

/** 0 is none. */
interface Ports {
  readonly socks: number
  readonly http: number
}

interface StartOptions extends Omit<EngineOptions, 'socks' | 'http'> {
  /** Another program has those of before. */
  readonly onPortsChanged: () => void
}

/** Never rejects. `set` by the person is kept to; `drawn` is given up where it is taken. */
export async function startOnPorts(set: Ports, drawn: Ports, options: StartOptions): Promise<Engine | OffFault> {
  const wanted = { socks: set.socks || drawn.socks, http: set.http || drawn.http }
  const start = ({ socks, http }: Ports): Promise<Engine> =>
    startEngine({ ...options, socks: { host: LOOPBACK, port: socks }, http: { host: LOOPBACK, port: http } })
  try {
    return await start(wanted).catch((error: NodeJS.ErrnoException) => {
      if (!isPortFault(error) || set.socks + set.http > 0 || wanted.socks + wanted.http === 0) throw error
      options.onPortsChanged()
      return start({ socks: 0, http: 0 })
    })
  } catch (error) {
    return isPortFault(error as NodeJS.ErrnoException) ? 'port-taken' : 'engine-failed'
  }
}

function isPortFault({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EADDRINUSE' || code === 'EACCES'
}
