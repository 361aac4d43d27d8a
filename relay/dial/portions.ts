// Sharing out what runs out for everybody at once: descriptors, dials, questions to name servers.
//
// Each may have as many as are still free. So whoever has most is refused first: one who takes what can be had gets half of all, n of them get one part of
// n + 1 each, and as much stays free for everybody else.

export class Portions {
  readonly #countMax: number
  readonly #counts = new Map<object, number>()
  #count = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get isFull(): boolean {
    return this.#count >= this.#countMax
  }

  hasRoom(who: object): boolean {
    return (this.#counts.get(who) ?? 0) < this.#countMax - this.#count
  }

  take(who: object): void {
    this.#count++
    this.#counts.set(who, (this.#counts.get(who) ?? 0) + 1)
  }

  giveBack(who: object): void {
    this.#count--
    const left = (this.#counts.get(who) ?? 1) - 1
    if (left === 0) this.#counts.delete(who)
    else this.#counts.set(who, left)
  }
}
