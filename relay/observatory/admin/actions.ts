// What a person may do under their name, and what it must say. All of it is checked here, whoever signed.
import { KEY, Parsed, Refused } from '../collect/fields.ts'
import { COST_KINDS, DECISIONS, EVENT_KINDS, EVIDENCE_KINDS, INDICATORS } from '../published.ts'
import { startOf } from '../spans.ts'
import { type AdminLimits, adminLimits } from './limits.ts'

export const ACTIONS = [
  'admin-add',
  'admin-end',
  'relay-add',
  'relay-end',
  'correct',
  'event',
  'cost',
  'decision',
  'indicator',
  'dismiss',
] as const
export type Action = (typeof ACTIONS)[number]

export type Checked = Readonly<Record<string, unknown>>

const NAME = /^[a-z][a-z0-9-]{1,31}$/
const HOUR = /^\d{4}-\d\d-\d\dT\d\d:00:00Z$/
/** To the second. */
export const SECOND: RegExp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const COUNTRY = /^[A-Z]{2}$/

/** Throws Refused with the field that is wrong. */
export function checkAction(action: Action, value: unknown, limits: AdminLimits = adminLimits): Checked {
  switch (action) {
    case 'admin-add': {
      const fields = new Parsed(value, ['name', 'publicKey'])
      return { name: fields.text('name', NAME), publicKey: fields.text('publicKey', KEY) }
    }
    case 'admin-end':
      return { name: new Parsed(value, ['name']).text('name', NAME) }
    case 'relay-add':
    case 'relay-end':
      return { relay: new Parsed(value, ['relay']).text('relay', KEY) }
    case 'correct':
      return checkCorrection(value, limits)
    case 'event':
      return checkEvent(value, limits)
    case 'cost':
      return checkCost(value, limits)
    case 'decision':
      return checkDecision(value, limits)
    case 'indicator':
      return checkIndicator(value, limits)
    case 'dismiss':
      return { id: new Parsed(value, ['id']).text('id', /^[0-9a-f]{32}$/) }
  }
}

/** The span by its first day; relays whose counts are left out. */
function checkCorrection(value: unknown, limits: AdminLimits): Checked {
  const fields = new Parsed(value, ['span', 'start', 'without', 'reason'])
  const span = fields.oneOf('span', ['day', 'week', 'month'] as const)
  const start = fields.day('start')
  if (startOf(span, start) !== start) throw new Refused(`start is not the first day of a ${span}`)
  const without = fields.list('without', limits.withoutMax)
  if (without.length === 0 || !without.every((relay) => typeof relay === 'string' && KEY.test(relay)))
    throw new Refused('without is not right')
  return { span, start, without, reason: prose(fields, 'reason', limits.noteMax) }
}

function checkEvent(value: unknown, limits: AdminLimits): Checked {
  const fields = new Parsed(value, ['country', 'kind', 'startedAt', 'evidence', 'note'], ['id', 'endedAt', 'isWithdrawn'])
  const evidence = fields.list('evidence', limits.evidenceMax).map((one) => checkEvidence(one, limits))
  const isWithdrawn = flag(fields, 'isWithdrawn')
  const kinds = new Set(evidence.filter(({ isSample }) => isSample !== true).map(({ kind }) => kind))
  if (!isWithdrawn && kinds.size < limits.evidenceKindsMin) throw new Refused('evidence must be of two kinds at least, samples not counted')
  const startedAt = moment(fields, 'startedAt', HOUR)
  const endedAt = fields.value('endedAt') === undefined ? undefined : moment(fields, 'endedAt', HOUR)
  if (endedAt !== undefined && endedAt < startedAt) throw new Refused('endedAt is before startedAt')
  return {
    ...optional(fields, 'id', /^ev-[0-9a-f]{16}$/),
    country: fields.text('country', COUNTRY),
    kind: fields.oneOf('kind', EVENT_KINDS),
    startedAt,
    ...(endedAt !== undefined && { endedAt }),
    evidence,
    note: prose(fields, 'note', limits.noteMax),
    isWithdrawn,
  }
}

/** URLs are shown and linked to, and never fetched by us. */
function checkEvidence(value: unknown, limits: AdminLimits): Checked {
  const fields = new Parsed(value, ['kind', 'says', 'url', 'seenAt'], ['isSample'])
  const url = fields.value('url')
  if (url !== '' && !isPublicUrl(url, limits)) throw new Refused('url is not right: https, or empty')
  return {
    kind: fields.oneOf('kind', EVIDENCE_KINDS),
    says: prose(fields, 'says', limits.sentenceMax),
    url,
    seenAt: moment(fields, 'seenAt', SECOND),
    isSample: flag(fields, 'isSample'),
  }
}

function checkCost(value: unknown, limits: AdminLimits): Checked {
  const fields = new Parsed(value, ['kind', 'from', 'until', 'amountCents', 'currency', 'note', 'evidenceSha256'], ['id', 'isWithdrawn'])
  const [from, until] = [fields.day('from'), fields.day('until')]
  if (until < from) throw new Refused('until is before from')
  return {
    ...optional(fields, 'id', /^cost-[0-9a-f]{16}$/),
    kind: fields.oneOf('kind', COST_KINDS),
    from,
    until,
    amountCents: fields.count('amountCents', limits.centsMax),
    currency: fields.text('currency', /^[A-Z]{3}$/),
    note: prose(fields, 'note', limits.noteMax),
    evidenceSha256: fields.text('evidenceSha256', /^[0-9a-f]{64}$/),
    isWithdrawn: flag(fields, 'isWithdrawn'),
  }
}

function checkDecision(value: unknown, limits: AdminLimits): Checked {
  const fields = new Parsed(value, ['eventId', 'outcome', 'amountCents', 'currency', 'reason'], ['id'])
  return {
    ...optional(fields, 'id', /^decision-[0-9a-f]{16}$/),
    eventId: fields.text('eventId', /^ev-[0-9a-f]{16}$/),
    outcome: fields.oneOf('outcome', DECISIONS),
    amountCents: fields.count('amountCents', limits.centsMax),
    currency: fields.text('currency', /^[A-Z]{3}$/),
    reason: prose(fields, 'reason', limits.noteMax),
  }
}

function checkIndicator(value: unknown, limits: AdminLimits): Checked {
  const fields = new Parsed(value, ['country', 'name', 'value', 'source', 'measuredAt'])
  const figure = fields.value('value')
  if (typeof figure !== 'number' || !Number.isFinite(figure) || figure < 0 || figure > 1e9) throw new Refused('value is not right')
  return {
    country: fields.text('country', COUNTRY),
    name: fields.oneOf('name', INDICATORS),
    value: figure,
    source: prose(fields, 'source', limits.sentenceMax),
    measuredAt: moment(fields, 'measuredAt', SECOND),
  }
}

/** https, a name that may be public, no user, no port: what a reader may follow without harm. */
function isPublicUrl(value: unknown, { urlMax }: AdminLimits): boolean {
  if (typeof value !== 'string' || value.length > urlMax || !URL.canParse(value)) return false
  const { protocol, username, password, port, hostname } = new URL(value)
  const isName = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(hostname)
  const isInner = /\.(?:local|localhost|internal|invalid|test|example|onion|home|lan)$/.test(hostname)
  return protocol === 'https:' && username === '' && password === '' && port === '' && isName && !isInner
}

/** Text for people: on one line or several, without what could pass for something else. */
function prose(fields: Parsed, name: string, most: number): string {
  const text = fields.text(name, /^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*(?:\n[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*)*$/u)
  if (text.length > most) throw new Refused(`${name} is too long`)
  return text
}

function moment(fields: Parsed, name: string, pattern: RegExp): string {
  const text = fields.text(name, pattern)
  const ms = Date.parse(text)
  if (Number.isNaN(ms) || `${new Date(ms).toISOString().slice(0, 19)}Z` !== text) throw new Refused(`${name} is not right`)
  return text
}

function flag(fields: Parsed, name: string): boolean {
  const value = fields.value(name) ?? false
  if (typeof value !== 'boolean') throw new Refused(`${name} is not right`)
  return value
}

function optional(fields: Parsed, name: string, pattern: RegExp): Readonly<Record<string, string>> {
  return fields.value(name) === undefined ? {} : { [name]: fields.text(name, pattern) }
}
