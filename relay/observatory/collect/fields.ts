// Reading what strangers send: every field by name, nothing more than those, and one word for all that is wrong with it.
import { isDay } from '../spans.ts'

/** What came is not what it should be. The message says which field, and never what was in it. */
export class Refused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Refused'
  }
}

export class Parsed {
  readonly #fields: Readonly<Record<string, unknown>>

  /** An object with these fields, all of them but the optional ones, and no other. */
  constructor(value: unknown, names: readonly string[], optional: readonly string[] = []) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refused('not an object')
    this.#fields = value as Record<string, unknown>
    const unknown = Object.keys(value).find((name) => !names.includes(name) && !optional.includes(name))
    if (unknown !== undefined) throw new Refused('a field too many')
    const missing = names.find((name) => !Object.hasOwn(value, name))
    if (missing !== undefined) throw new Refused(`${missing} is missing`)
  }

  value(name: string): unknown {
    return this.#fields[name]
  }

  text(name: string, pattern: RegExp): string {
    const text = this.#fields[name]
    if (typeof text !== 'string' || !pattern.test(text)) throw new Refused(`${name} is not right`)
    return text
  }

  day(name: string): string {
    const day = this.text(name, /^\d{4}-\d\d-\d\d$/)
    if (!isDay(day)) throw new Refused(`${name} is not right`)
    return day
  }

  count(name: string, most: number): number {
    const count = this.#fields[name]
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > most) throw new Refused(`${name} is not right`)
    return count
  }

  list(name: string, most: number): readonly unknown[] {
    const list = this.#fields[name]
    if (!Array.isArray(list) || list.length > most) throw new Refused(`${name} is not right`)
    return list
  }

  oneOf<T extends string>(name: string, all: readonly T[]): T {
    const found = all.find((one) => one === this.#fields[name])
    if (found === undefined) throw new Refused(`${name} is not right`)
    return found
  }

  /** A list of some of these, each once. */
  someOf<T extends string>(name: string, all: readonly T[]): readonly T[] {
    const list = this.list(name, all.length)
    const found = all.filter((one) => list.includes(one))
    if (found.length !== list.length) throw new Refused(`${name} is not right`)
    return found
  }
}

export const KEY: RegExp = /^[A-Za-z0-9_-]{43}$/
export const SIGNATURE: RegExp = /^[A-Za-z0-9_-]{86}$/
export const MARK: RegExp = /^[0-9a-f]{32}$/
export const COUNTRY: RegExp = /^[A-Z]{2}$/

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refused('not JSON')
  }
}
