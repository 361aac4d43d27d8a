// Reading config.json: every field is asked for by name and checked, and what is wrong is said in words.
import { OperatorError } from './operator-error.ts'

export const CONFIG_FILE = 'config.json'

/** One JSON object whose every field must be asked for before end(): what nobody asked for is a mistake, not something to skip. */
export class Fields {
  readonly #fields: Record<string, unknown>
  readonly #prefix: string
  readonly #asked = new Set<string>()

  constructor(value: unknown, prefix: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong(prefix.slice(0, -1) || 'the whole', 'must be an object {…}')
    this.#fields = value as Record<string, unknown>
    this.#prefix = prefix
  }

  value(name: string): unknown {
    this.#asked.add(name)
    return this.#fields[name]
  }

  text(name: string): string {
    const text = this.optionalText(name)
    if (text === undefined) throw wrong(this.#prefix + name, 'is missing')
    return text
  }

  optionalText(name: string): string | undefined {
    const value = this.value(name)
    if (value !== undefined && (typeof value !== 'string' || value === '')) throw wrong(this.#prefix + name, 'must be text')
    return value
  }

  object(name: string): Fields {
    const fields = this.optionalObject(name)
    if (fields === undefined) throw wrong(this.#prefix + name, 'is missing')
    return fields
  }

  optionalObject(name: string): Fields | undefined {
    const value = this.value(name)
    return value === undefined ? undefined : new Fields(value, `${this.#prefix}${name}.`)
  }

  /** A list of texts; empty when there is none. */
  texts(name: string): readonly string[] {
    return this.#list(name).map((text) => {
      if (typeof text !== 'string' || text === '') throw wrong(this.#prefix + name, 'must be a list of texts')
      return text
    })
  }

  /** A list of objects; empty when there is none. */
  objects(name: string): readonly Fields[] {
    return this.#list(name).map((value) => new Fields(value, `${this.#prefix}${name}.`))
  }

  #list(name: string): readonly unknown[] {
    const value = this.value(name) ?? []
    if (!Array.isArray(value)) throw wrong(this.#prefix + name, 'must be a list […]')
    return value
  }

  end(): void {
    const unknown = Object.keys(this.#fields).find((name) => !this.#asked.has(name))
    if (unknown !== undefined) throw wrong(this.#prefix + unknown, 'is not a field that this version knows; is it misspelt?')
  }
}

/** Runs a parser of what people type; what it finds wrong is said of the field `name`. */
export function checked<T>(name: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw error instanceof OperatorError ? wrong(name, error.message) : error
  }
}

/** “name” is not right, and why. */
export function wrong(name: string, words: string): OperatorError {
  return new OperatorError(`${CONFIG_FILE} is not right: “${name}” ${words}.`)
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new OperatorError(`${CONFIG_FILE} is not JSON: a bracket, comma or quote is missing or too many.`)
  }
}
