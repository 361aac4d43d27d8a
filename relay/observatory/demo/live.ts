// What the app of a demonstration says of itself while `npm start` runs it, so that whoever sits there sees a page of theirs move a number.
//
// None of it goes around the privacy mechanism: it is told by that person's own app, on the line from the program that started us, and no relay, collector or
// store has any of it. It is shown as told and kept nowhere. Over a store there is no such thing, nor where others could reach the page: `of` is the only
// way to one.
import type { HostPort } from '../../host-port.ts'
import type { Voice } from '../words/voice.ts'

/** What the script of its page asks for. */
export const LIVE_FILE = '/demonstration.json'

/** Since the app was started, as the network counts it. */
export interface LiveTraffic {
  readonly isConnected: boolean
  readonly downBytes: number
  readonly upBytes: number
}

/** The line to whoever started this program; not connected where there is none. */
export interface ParentLine {
  readonly connected: boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
}

export class LiveApp {
  #last: LiveTraffic = { isConnected: false, downBytes: 0, upBytes: 0 }

  /** undefined: there is a store, others can reach us, or nobody who could tell has started us. */
  static of(parent: ParentLine, { store, listen }: { readonly store: string | undefined; readonly listen: HostPort }): LiveApp | undefined {
    const isHere = listen.host === '127.0.0.1' || listen.host === '::1'
    return store === undefined && isHere && parent.connected ? new LiveApp(parent) : undefined
  }

  private constructor(parent: ParentLine) {
    parent.on('message', (message) => {
      this.#last = parse(message) ?? this.#last
    })
  }

  get last(): LiveTraffic {
    return this.#last
  }
}

/** As the reader writes them, for the page and for its script. */
export function liveWords(
  { isConnected, downBytes, upBytes }: LiveTraffic,
  voice: Voice,
): Readonly<Record<'state' | 'down' | 'up', string>> {
  return {
    state: voice.say(isConnected ? 'liveOn' : 'liveOff'),
    down: voice.write('count', downBytes),
    up: voice.write('count', upBytes),
  }
}

function parse(message: unknown): LiveTraffic | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { isConnected, downBytes, upBytes } = message as Readonly<Record<string, unknown>>
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
  return typeof isConnected === 'boolean' && isCount(downBytes) && isCount(upBytes) ? { isConnected, downBytes, upBytes } : undefined
}
