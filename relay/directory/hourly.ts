// How often each of many has done something within this hour, so that one can't keep others from it. In memory only.
const HOUR_S = 3_600

export class Hourly {
  readonly #countMax: number
  readonly #counts = new Map<string, number>()
  #hour = Number.NaN

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  hasLeft(name: string, nowS: number): boolean {
    const hour = Math.floor(nowS / HOUR_S)
    if (hour !== this.#hour) this.#counts.clear()
    this.#hour = hour
    return (this.#counts.get(name) ?? 0) < this.#countMax
  }

  count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}
