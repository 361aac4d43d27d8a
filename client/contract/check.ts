// Small checks for what comes from another process. Each takes a value in the shape that it expects and gives back a copy with nothing else in it, so that
// whoever reads the copy holds no getter, no prototype and no field that nobody asked for.

/** Undefined: the value is not what it should be. */
export type Check<T> = (value: unknown) => Checked<T> | undefined

export interface Checked<T> {
  readonly value: T
}

export type CheckedBy<C> = C extends Check<infer T> ? T : never

/** A command without payload. */
export const nothing: Check<undefined> = (value) => (value === undefined ? { value } : undefined)

export const boolean: Check<boolean> = (value) => (typeof value === 'boolean' ? { value } : undefined)

export function text(lengthMax: number, pattern?: RegExp): Check<string> {
  return (value) => (typeof value === 'string' && value.length <= lengthMax && pattern?.test(value) !== false ? { value } : undefined)
}

export function integer(min: number, max: number): Check<number> {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max ? { value: value as number } : undefined
}

export function oneOf<const T extends string>(words: readonly T[]): Check<T> {
  return (value) => {
    const word = words.find((one) => one === value)
    return word === undefined ? undefined : { value: word }
  }
}

export function list<T>(item: Check<T>, countMax: number): Check<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value) || value.length > countMax) return undefined
    const items = Array.from(value, item)
    return items.every((one) => one !== undefined) ? { value: items.map((one) => one.value) } : undefined
  }
}

type Fields = Readonly<Record<string, Check<unknown>>>
type FieldsOf<F extends Fields> = { readonly [K in keyof F]: CheckedBy<F[K]> }

/** All of these fields, and no other. */
export function fields<F extends Fields>(checks: F): Check<FieldsOf<F>> {
  return (value) => {
    const given = someOf(checks, value)
    return given !== undefined && Object.keys(given).length === Object.keys(checks).length ? { value: given as FieldsOf<F> } : undefined
  }
}

/** Any of these fields, and no other. */
export function someFields<F extends Fields>(checks: F): Check<Partial<FieldsOf<F>>> {
  return (value) => {
    const given = someOf(checks, value)
    return given === undefined ? undefined : { value: given as Partial<FieldsOf<F>> }
  }
}

function someOf(checks: Fields, value: unknown): object | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value)
  if (entries.length > Object.keys(checks).length) return undefined
  const given: Record<string, unknown> = {}
  for (const [key, field] of entries) {
    const checked = Object.hasOwn(checks, key) ? checks[key]?.(field) : undefined
    if (checked === undefined) return undefined
    given[key] = checked.value
  }
  return given
}
