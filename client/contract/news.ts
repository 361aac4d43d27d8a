// What an app tells whoever started it from a terminal, an object for each line: as `culvert connect --json` does, so that a script reads either.
import type { AppStatus } from './app-status.ts'
import { reasonSentence } from './status.ts'

export class News {
  #hasPorts = false
  #state = ''
  #bytes = 0

  /** What is new with this status. */
  of({ link, ports, traffic }: AppStatus): readonly object[] {
    const news: object[] = []
    if (ports !== undefined && !this.#hasPorts) news.push({ event: 'ready', socks: ports.socks, http: ports.http })
    this.#hasPorts = ports !== undefined
    if (link.state !== this.#state)
      news.push({ event: 'status', state: link.state, ...('reason' in link ? { sentence: reasonSentence(link.reason) } : {}) })
    this.#state = link.state
    const { downBytes, upBytes } = traffic
    if (downBytes + upBytes !== this.#bytes) news.push({ event: 'traffic', downBytes, upBytes })
    this.#bytes = downBytes + upBytes
    return news
  }
}
