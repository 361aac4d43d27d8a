// Every choice in a generated site comes from here, so that one seed gives one site and no two relays give the same.

/** What {name} stands for in a text: a list to pick from, each item again a text. */
export type Slots = Readonly<Record<string, readonly string[]>>

/** sfc32 (PractRand's small fast counter): choices need to differ, not to be secret. */
export class Dice {
  #a: number
  #b: number
  #c: number
  #count = 1

  /** seed: at least 12 random bytes. */
  constructor(seed: Uint8Array) {
    const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength)
    this.#a = view.getUint32(0)
    this.#b = view.getUint32(4)
    this.#c = view.getUint32(8)
    for (let i = 0; i < 12; i++) this.#next()
  }

  /** From 0 up to and without 1. */
  fraction(): number {
    return this.#next() / 0x1_0000_0000
  }

  /** Whole, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)] as T
  }

  shuffle<T>(list: readonly T[]): T[] {
    const rest = [...list]
    return list.map(() => rest.splice(this.between(0, rest.length - 1), 1)[0] as T)
  }

  sample<T>(list: readonly T[], count: number): T[] {
    return this.shuffle(list).slice(0, count)
  }

  /** Resolves `[this|that]` (they nest) and `{slot}` in a text, and begins it with a capital. */
  say(text: string, slots: Slots = {}): string {
    let said = text
    for (let rounds = 0; /[[{]/.test(said) && rounds < SAY_ROUNDS_MAX; rounds++) {
      said = said.replace(/\[([^[\]{}]*)\]|\{(\w+)\}/g, (_, choices: string | undefined, slot: string) => {
        return choices === undefined ? this.pick(slots[slot] ?? ['']) : this.pick(choices.split('|'))
      })
    }
    const tidy = said
      .replace(/ +/g, ' ')
      .replace(/ ([,.;:?!])/g, '$1')
      .trim()
    return tidy.charAt(0).toUpperCase() + tidy.slice(1)
  }

  /** Several of the texts, none twice, as one paragraph. */
  paragraph(texts: readonly string[], slots: Slots, low: number, high: number): string {
    return this.sample(texts, this.between(low, high))
      .map((text) => this.say(text, slots))
      .join(' ')
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#count) >>> 0
    this.#count = (this.#count + 1) >>> 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) >>> 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0
    return sum
  }
}

/** Slots nest a few levels; a text that names itself would otherwise never end. */
const SAY_ROUNDS_MAX = 12
