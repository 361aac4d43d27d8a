// What the network says of this relay: whether it is listed, kept back as a spare, and from where people reach it. Written into the relay's folder by
// whoever speaks with the directory and has checked its signatures; without it nothing is known, and that is what is shown.
//
// No finer than countries, only of groups of people, and a day old at least: a censor who runs a relay learns from it what it could see for itself.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Fields, parseJson } from '../fields.ts'
import { statusLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'

export const STANDING_FILE = 'standing.json'

export interface Standing {
  /** Of the day that it speaks of, by UTC: `2026-11-28`. */
  readonly day: string
  /** spare: kept back for a day on which others are blocked. */
  readonly state: 'listed' | 'spare' | 'unlisted'
  /** Why it is not listed, in words of the directory. */
  readonly because: string | undefined
  /** That authorities have not taken it in, and why, in a sentence; undefined: all that answer have. */
  readonly refused: string | undefined
  /** The oldest version that is listed, and the newest that there is. */
  readonly versionLeast: string | undefined
  readonly versionNewest: string | undefined
  readonly countries: readonly CountryStanding[]
}

export interface CountryStanding {
  /** ISO 3166-1, two letters. */
  readonly country: string
  readonly state: 'reachable' | 'blocked' | 'uncertain'
  /** What that rests on: the authorities' own tests from there, or what groups of clients have reported. */
  readonly evidence: 'tests' | 'reports'
}

/** undefined: nothing is known, or what is there can't be read. */
export function readStanding(nowMs: number, folder = '.'): Standing | undefined {
  const file = join(folder, STANDING_FILE)
  try {
    if (statSync(file).size > statusLimits.standingBytesMax) return undefined
    return parseStanding(readFileSync(file, 'utf8'), nowMs)
  } catch (error) {
    if (error instanceof OperatorError || (error as NodeJS.ErrnoException).code !== undefined) return undefined
    throw error
  }
}

/** Throws OperatorError. undefined: too old to say anything of today. */
export function parseStanding(text: string, nowMs: number): Standing | undefined {
  const fields = new Fields(parseJson(text), '')
  const day = fields.text('day')
  const ageMs = nowMs - Date.parse(`${day}T00:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(ageMs)) throw new OperatorError('“day” must be a day')
  const standing = {
    day,
    state: oneOf(['listed', 'spare', 'unlisted'] as const, fields.text('state')),
    because: plain(fields.optionalText('because')),
    refused: plain(fields.optionalText('refused')),
    versionLeast: plain(fields.optionalText('versionLeast')),
    versionNewest: plain(fields.optionalText('versionNewest')),
    countries: fields.objects('countries').slice(0, statusLimits.countriesMax).map(parseCountry),
  }
  fields.end()
  return ageMs > statusLimits.standingAgeMsMax ? undefined : standing
}

/** Whether `version` is older than `least`; both as `1.2.3`. */
export function isOlder(version: string, least: string): boolean {
  const [one, other] = [version, least].map((text) => text.split(/[.-]/).slice(0, 3).map(Number)) as [number[], number[]]
  for (const [index, number] of one.entries()) if (number !== other[index]) return number < (other[index] ?? 0)
  return false
}

function parseCountry(fields: Fields): CountryStanding {
  const country = fields.text('country')
  if (!/^[A-Z]{2}$/.test(country)) throw new OperatorError('“country” must be two letters')
  const state = oneOf(['reachable', 'blocked', 'uncertain'] as const, fields.text('state'))
  const evidence = oneOf(['tests', 'reports'] as const, fields.text('evidence'))
  fields.end()
  return { country, state, evidence }
}

function oneOf<T extends string>(words: readonly T[], text: string): T {
  const found = words.find((word) => word === text)
  if (found === undefined) throw new OperatorError(`must be one of ${words.join(', ')}`)
  return found
}

function plain(text: string | undefined): string | undefined {
  return text?.replace(/[^\x20-\x7e]/g, ' ').slice(0, statusLimits.wordsMax)
}
