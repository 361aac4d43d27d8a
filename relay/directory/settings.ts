// D/authority.json: what one authority decides by hand, and whom it meets. Read anew before each meeting, so that a change needs no restart.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  AUTHORITIES_MAX,
  COUNTRIES_MAX,
  type CountryPolicy,
  compareBytes,
  decodeInvite,
  encodeInvite,
  encodeInviteBody,
  equalBytes,
  type Invite,
  ProtocolError,
  policyBytes,
  REVOKED_MAX,
  type Settings,
  SOURCES_MAX,
  type Version,
} from '#protocol'
import { checked, Fields, parseJson } from '../fields.ts'
import { fileRefused, OperatorError } from '../operator-error.ts'
import { parseCanaries, parseResolvers, parseRotateBytes, parseRotateSeconds } from '../policy-settings.ts'
import { replaceFile } from '../replace-file.ts'
import { isPostgres } from '../store/where.ts'
import { authorityLimits, witnessLimits } from './limits.ts'

export const AUTHORITY_FILE = 'authority.json'

export interface AuthoritySettings {
  /** Its name in the charter. */
  readonly member: string
  readonly testS: number
  /** A file, or a URL of PostgreSQL. */
  readonly store: string
  /** The other authorities: asked by us, and named to clients as sources, as we are. */
  readonly peers: readonly Invite[]
  /** URLs of C2SP tlog witnesses: asked to sign beside us in each meeting. */
  readonly witnesses: readonly string[]
  /** Names, in the charter, of the authorities that share the relays to hand them out; none: each hands out all. It holds once k have the same. */
  readonly handers: readonly string[]
  readonly decided: Omit<Settings, 'sources' | 'handers'>
  /** From when on relays older than relayMin are not listed: until then they are warned by the directory. undefined: at once. Seconds since 1970. */
  readonly relayMinFromS: number | undefined
}

/** `authorities`: the names of all. */
export function defaultSettings(member: string, authorities: readonly string[]): AuthoritySettings {
  const { testS } = authorityLimits
  const decided = { clientMin: [0, 1, 0] as Version, relayMin: [0, 1, 0] as Version, policies: [], revoked: [] }
  const rest = { peers: [], witnesses: [], handers: authorities, decided, relayMinFromS: undefined }
  return { member, testS, store: 'directory.db', ...rest }
}

/** Throws OperatorError. */
export function loadSettings(dir: string): AuthoritySettings {
  const file = join(resolve(dir), AUTHORITY_FILE)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw fileRefused(file, 'read', error)
    throw new OperatorError(`There is no authority in ${resolve(dir)}. Make one with: culvert-relay directory init`)
  }
  try {
    return parse(text, dir)
  } catch (error) {
    // What reads fields speaks of a relay's file.
    if (error instanceof OperatorError) throw new OperatorError(error.message.replace('config.json', AUTHORITY_FILE), { cause: error })
    throw error
  }
}

/** Throws OperatorError. */
export function saveSettings(settings: AuthoritySettings, dir: string): void {
  refuseTooMuch(settings)
  const { member, testS, peers, witnesses, handers, decided, relayMinFromS } = settings
  const { clientMin, relayMin, policies, revoked } = decided
  const base = `${resolve(dir)}/`
  const fields = {
    version: 1,
    member,
    testSeconds: `${testS}`,
    store: settings.store.startsWith(base) ? settings.store.slice(base.length) : settings.store,
    clientMin: clientMin.join('.'),
    relayMin: relayMin.join('.'),
    ...(relayMinFromS === undefined ? {} : { relayMinFrom: new Date(relayMinFromS * 1_000).toISOString().slice(0, 10) }),
    policies: policies.map(encodePolicy),
    handers,
    revoked: revoked.map((one) => Buffer.from(one).toString('base64url')),
    peers: peers.map(encodeInvite),
    ...(witnesses.length === 0 ? {} : { witnesses }),
  }
  replaceFile(join(base, AUTHORITY_FILE), `${JSON.stringify(fields, undefined, 2)}\n`)
}

function parse(text: string, dir: string): AuthoritySettings {
  const fields = new Fields(parseJson(text), '')
  if (fields.value('version') !== 1) throw new OperatorError(`${AUTHORITY_FILE} is of a version that this program does not know`)
  const store = fields.text('store')
  const settings: AuthoritySettings = {
    member: fields.text('member'),
    testS: checked('testSeconds', () => parseNumber(fields.text('testSeconds'))),
    store: isPostgres(store) ? store : resolve(dir, store),
    peers: fields.texts('peers').map((one) => checked('peers', () => parseInvite(one))),
    witnesses: checked('witnesses', () => parseWitnesses(fields.texts('witnesses'))),
    handers: checked('handers', () => parseHanders(fields.texts('handers'))),
    decided: {
      clientMin: checked('clientMin', () => parseVersion(fields.text('clientMin'))),
      relayMin: checked('relayMin', () => parseVersion(fields.text('relayMin'))),
      policies: fields
        .objects('policies')
        .map(parsePolicy)
        .sort((a, b) => (a.country < b.country ? -1 : 1)),
      revoked: parseRevoked(fields.texts('revoked')),
    },
    relayMinFromS: checked('relayMinFrom', () => parseDay(fields.optionalText('relayMinFrom'))),
  }
  fields.end()
  refuseTooMuch(settings)
  return settings
}

/** What no other authority would read in our vote, or no consensus could hold: it is said where it is entered, and not by meetings that come to nothing. */
function refuseTooMuch({ decided: { policies, revoked }, peers, handers }: AuthoritySettings): void {
  const wrong = (name: string, words: string): OperatorError => new OperatorError(`${AUTHORITY_FILE} is not right: “${name}” ${words}.`)
  // Our own invite is among the sources.
  const most = [
    ['policies', policies, COUNTRIES_MAX],
    ['peers', peers, SOURCES_MAX - 1],
    ['handers', handers, AUTHORITIES_MAX],
    ['revoked', revoked, REVOKED_MAX],
  ] as const
  for (const [name, list, countMax] of most) if (list.length > countMax) throw wrong(name, `holds more than ${countMax}`)
  if (policies.some(({ country }, at) => country === policies[at - 1]?.country)) throw wrong('policies', 'names a country twice')
  const isTwice = ({ relayKey }: Invite, at: number): boolean => peers.findIndex((one) => equalBytes(one.relayKey, relayKey)) < at
  if (peers.some(isTwice)) throw wrong('peers', 'names an authority twice')
  const parts = [...policies.map(policyBytes), ...peers.map(encodeInviteBody), ...revoked]
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  const { settingsBytesMax } = authorityLimits
  if (bytes > settingsBytesMax)
    throw wrong(
      'policies',
      `and what else it decides takes ${bytes} bytes, and a directory has room for ${settingsBytesMax}: name fewer hosts`,
    )
}

function parsePolicy(fields: Fields): CountryPolicy {
  const list = <T>(name: string, read: (texts: readonly string[]) => T): T => checked(`policies.${name}`, () => read(fields.texts(name)))
  const country = fields.optionalText('country') ?? ''
  if (!/^(?:[A-Z]{2})?$/.test(country))
    throw new OperatorError(`${AUTHORITY_FILE} is not right: “policies.country” must be two capital letters, such as IR.`)
  const policy = {
    country,
    canaries: { domestic: list('domestic', parseCanaries), foreign: list('foreign', parseCanaries), udp: list('udp', parseCanaries) },
    resolvers: list('resolvers', parseResolvers),
    rotation: {
      ...checked('policies.rotateBytes', () => parseRotateBytes(fields.text('rotateBytes'))),
      ...checked('policies.rotateSeconds', () => parseRotateSeconds(fields.text('rotateSeconds'))),
    },
  }
  fields.end()
  return policy
}

function encodePolicy({ country, canaries, resolvers, rotation }: CountryPolicy): object {
  const { bytesMin, bytesMax, secondsMin, secondsMax } = rotation
  return {
    ...(country === '' ? {} : { country }),
    ...canaries,
    resolvers,
    rotateBytes: `${bytesMin}-${bytesMax}`,
    rotateSeconds: `${secondsMin}-${secondsMax}`,
  }
}

/** Throws OperatorError in words that fit after the name of a field; so do the others here. */
export function parseVersion(text: string): Version {
  const match = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})$/.exec(text)
  if (match === null) throw new OperatorError(`must be a version such as 0.1.0, but is “${text}”`)
  return [Number(match[1]), Number(match[2]), Number(match[3])]
}

/** Plain HTTP only on this machine: who asks whom is nobody else's to see. */
function parseWitnesses(texts: readonly string[]): readonly string[] {
  if (texts.length > witnessLimits.urlsMax) throw new OperatorError(`holds more than ${witnessLimits.urlsMax}`)
  return texts.map((text) => {
    const url = URL.parse(text)
    if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === '127.0.0.1')) || url.search !== '')
      throw new OperatorError(`must hold https URLs, but has “${text}”`)
    return text.replace(/\/$/, '')
  })
}

/** Whether the charter has them is looked at where an authority starts. */
function parseHanders(names: readonly string[]): readonly string[] {
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) throw new OperatorError(`must name each authority once, but names ${twice} twice`)
  return names
}

function parseDay(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(ms)) throw new OperatorError(`must be a day such as 2027-01-31, but is “${text}”`)
  return ms / 1_000
}

function parseNumber(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new OperatorError(`must be a number of seconds, but is “${text}”`)
  return Number(text)
}

function parseInvite(text: string): Invite {
  try {
    return decodeInvite(text)
  } catch (error) {
    if (error instanceof ProtocolError) throw new OperatorError(`holds an invite that can’t be used: ${error.message.replace(/\.$/, '')}`)
    throw error
  }
}

/** In order, each once. */
function parseRevoked(texts: readonly string[]): readonly Uint8Array[] {
  return [...new Set(texts)].map((one) => checked('revoked', () => parseHash(one))).sort(compareBytes)
}

function parseHash(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) throw new OperatorError('must hold 32 bytes of base64url each')
  return new Uint8Array(Buffer.from(text, 'base64url'))
}
