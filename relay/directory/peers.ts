// Sessions with those who are asked often: kept open between questions, so that a meeting costs one handshake a peer and not one a question.
import { encodeHex, type Invite, type Target } from '#protocol'
import { AskError, type Asking, openAsking } from './ask.ts'
import { askLimits } from './limits.ts'

export class Peers {
  readonly #open = new Map<string, Promise<Asking | undefined>>()
  readonly #openAsking: typeof openAsking

  constructor(open: typeof openAsking = openAsking) {
    this.#openAsking = open
  }

  /** One question, answered by then or undefined; by a new session where the one that there was is over. */
  async ask(invite: Invite, target: Target, request: Uint8Array, untilMs: number): Promise<Uint8Array | undefined> {
    const name = encodeHex(invite.relayKey)
    const kept = this.#open.get(name)
    if (kept !== undefined) {
      const answer = await inTime(this.#askBy(name, kept, target, request), untilMs)
      if (answer !== undefined || this.#open.get(name) === kept) return answer
    }
    const opened = this.#open.get(name) ?? this.#begin(name, invite)
    return inTime(this.#askBy(name, opened, target, request), untilMs)
  }

  close(): void {
    for (const opened of this.#open.values()) void opened.then((asking) => asking?.close())
    this.#open.clear()
  }

  #begin(name: string, invite: Invite): Promise<Asking | undefined> {
    const opened = this.#openAsking(invite, Math.floor(Date.now() / 1_000), askLimits).catch((error: unknown) => {
      if (error instanceof AskError) return undefined
      throw error
    })
    this.#open.set(name, opened)
    return opened
  }

  /** A session by which nothing comes is of no more use; one by which a question is refused is, or whoever asks nonsense would cut all others off. */
  async #askBy(name: string, opened: Promise<Asking | undefined>, target: Target, request: Uint8Array): Promise<Uint8Array | undefined> {
    const asking = await opened
    const answer = await asking?.ask(target, request)
    if ((asking === undefined || asking.isSpent) && this.#open.get(name) === opened) {
      this.#open.delete(name)
      asking?.close()
    }
    return answer
  }
}

function inTime<T>(answer: Promise<T | undefined>, untilMs: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(undefined), Math.max(1, untilMs - Date.now()))
    void answer.then((value) => {
      clearTimeout(late)
      resolve(value)
    })
  })
}
