// What handing out keeps, as plain rows for a store to keep, and the check of rows that come back from one.
//
// Who reads all of it learns: which relays there are and where each was blocked; how many members each country has; under names that mean nothing without the
// key, who was invited by whom, who shares which relays, and how suspect each is. He learns no invite, no person, no address of a member, and no moment but
// days. Who has the key as well, and an invite, finds that invite's row.
import { handingLimits } from './limits.ts'

export interface MemberRow {
  /** A keyed hash of the invite, in hex: 64 letters. */
  readonly member: string
  /** Two capital letters; empty where it is not known. */
  readonly country: string
  /** The member whose invite it was; empty for those invited by the directory itself. */
  readonly inviter: string
  readonly joinedEpoch: number
  /** Thousandths of nats. */
  readonly blame: number
  /** Epochs without a block before `sinceEpoch`. */
  readonly trustEpochs: number
  /** From which epoch on epochs count; −1: has no relay. */
  readonly sinceEpoch: number
  readonly waitsUntil: number
}

/** Members who know one relay. The groups of one member are nested: each holds the next. */
export interface GroupRow {
  readonly group: number
  readonly country: string
  /** In hex: 64 letters. */
  readonly relay: string
  readonly sinceEpoch: number
  readonly members: readonly string[]
}

/** A relay that was handed out in a country and is no more to be: it was blocked there, or those who knew it have gone. */
export interface SpentRow {
  readonly relay: string
  readonly country: string
  readonly epoch: number
}

export interface CountryRow {
  readonly country: string
  /** The chance that a member is an agent, in millionths. */
  readonly prior: number
  /** First groups that were blocked soon, and those that were not, by their size. */
  readonly fell: readonly number[]
  readonly stood: readonly number[]
}

export interface HandingRows {
  readonly members: readonly MemberRow[]
  readonly groups: readonly GroupRow[]
  readonly spent: readonly SpentRow[]
  readonly countries: readonly CountryRow[]
}

/** What became different since it was asked last. */
export interface HandingChanges extends HandingRows {
  readonly groupsGone: readonly number[]
}

export class HandingError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'HandingError'
  }
}

/** Throws HandingError, which names the place and no value. */
export function checkRows({ members, groups, spent, countries }: HandingRows): void {
  const { membersMax, countriesMax, relaysMax, bucketMax, blameMax } = handingLimits
  within('members', members.length, membersMax)
  within('countries', countries.length, countriesMax)
  within('groups', groups.length, membersMax * bucketMax)
  within('spent', spent.length, countriesMax * relaysMax)
  const epoch = (place: string, value: number, low = 0): void => whole(place, value, low, handingLimits.epochMax)
  for (const { country, prior, fell, stood } of countries) {
    refuse(!isCountry(country) || [fell, stood].some((one) => one.length !== handingLimits.groupMax + 1), 'a country')
    whole('a prior', prior, 1, 999_999)
    for (const count of [...fell, ...stood]) whole('a country', count, 0, Number.MAX_SAFE_INTEGER)
  }
  for (const one of members) {
    refuse(!isId(one.member) || !(one.inviter === '' || isId(one.inviter)) || !isCountry(one.country), 'a member')
    epoch('a member', one.joinedEpoch)
    epoch('a member', one.trustEpochs)
    epoch('a member', one.sinceEpoch, -1)
    epoch('a member', one.waitsUntil)
    whole('a member', one.blame, 0, blameMax * 1000)
  }
  for (const one of groups) {
    refuse(!isId(one.relay) || !isCountry(one.country) || one.members.length === 0, 'a group')
    whole('a group', one.group, 1, Number.MAX_SAFE_INTEGER)
    epoch('a group', one.sinceEpoch)
    within('a group', one.members.length, handingLimits.groupMax)
    refuse(new Set(one.members).size < one.members.length, 'a group')
  }
  for (const one of spent) {
    refuse(!isId(one.relay) || !isCountry(one.country), 'a spent relay')
    epoch('a spent relay', one.epoch)
  }
  distinct('a member', members, ({ member }) => member)
  distinct('a group', groups, ({ group }) => `${group}`)
  distinct('a relay’s group', groups, ({ country, relay }) => `${country} ${relay}`)
  distinct('a country', countries, ({ country }) => country)
}

export function isId(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
}

export function isCountry(text: unknown): text is string {
  return typeof text === 'string' && /^(?:[A-Z]{2})?$/.test(text)
}

export function refuse(isWrong: boolean, what: string): void {
  if (isWrong) throw new HandingError(`What was kept of handing relays out can’t be used: ${what} is not right.`)
}

function within(what: string, count: number, countMax: number): void {
  refuse(count > countMax, `the number of ${what}`)
}

function whole(what: string, value: number, low: number, high: number): void {
  refuse(!Number.isSafeInteger(value) || value < low || value > high, what)
}

function distinct<T>(what: string, rows: readonly T[], nameOf: (row: T) => string): void {
  refuse(new Set(rows.map(nameOf)).size < rows.length, what)
}
