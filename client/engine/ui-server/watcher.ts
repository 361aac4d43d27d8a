// One tab that watches: a stream of lines. A tab that reads too slowly is not sent what has grown old meanwhile, only what holds when it has caught up.
import type { ServerResponse } from 'node:http'
import type { UiServerLimits } from './limits.ts'

export class Watcher {
  readonly #response: ServerResponse
  readonly #limits: UiServerLimits
  readonly #beat: NodeJS.Timeout
  #latest: string | undefined

  constructor(response: ServerResponse, limits: UiServerLimits, onClosed: () => void) {
    this.#response = response
    this.#limits = limits
    this.#beat = setInterval(() => this.#write('\n'), limits.beatMs)
    response.on('drain', () => this.#catchUp())
    response.on('close', () => {
      clearInterval(this.#beat)
      onClosed()
    })
    response.on('error', () => undefined)
    response.flushHeaders()
  }

  tell(line: string): void {
    this.#latest = line
    this.#catchUp()
  }

  close(): void {
    this.#response.destroy()
  }

  #catchUp(): void {
    const line = this.#latest
    if (line === undefined || this.#response.writableLength > this.#limits.behindBytesMax) return
    this.#latest = undefined
    this.#write(line)
  }

  #write(text: string): void {
    if (!this.#response.writableEnded && this.#response.writableLength <= this.#limits.behindBytesMax) this.#response.write(text)
  }
}
