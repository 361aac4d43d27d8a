// What the app keeps between runs, as one text that the shell seals: settings, invites, and what the engine remembers. No destination and no time of use; an
// invite's age is kept in whole days.
import { type AnyInvite, decodeAnyInvite, type Invite, ProtocolError } from '#protocol'
import { commandLimits, stateLimits } from '../../contract/limits.ts'
import { checkSomeSettings, DEFAULT_SETTINGS, type Settings } from '../../contract/settings.ts'
import type { ReporterState } from '../reports/reporter.ts'
import { decodeState, type EngineState, encodeState, FRESH_STATE } from '../state.ts'
import { keyOf, networkInvite, relayInvites } from './invites.ts'

export interface KeptInvite {
  readonly id: string
  readonly text: string
  readonly any: AnyInvite
  /** Days since 1970. */
  readonly addedDay: number
}

type Unread = Readonly<Record<string, unknown>>

export interface AppState {
  readonly settings: Settings
  readonly invites: readonly KeptInvite[]
  /** The ports that were drawn, to be the same next time; 0 before the first start. */
  readonly drawnPorts: { readonly socks: number; readonly http: number }
  readonly engine: EngineState
  /** Of a person who takes part in the public numbers, and of nobody else. */
  readonly reporter?: ReporterState | undefined
  /** What only a later version reads: kept for it, as it came. */
  readonly unread: { readonly invites: readonly unknown[]; readonly settings: Unread; readonly parts: Unread }
}

export const FRESH_APP_STATE: AppState = {
  settings: DEFAULT_SETTINGS,
  invites: [],
  unread: { invites: [], settings: {}, parts: {} },
  drawnPorts: { socks: 0, http: 0 },
  engine: FRESH_STATE,
}

/** Relays that a network gave; before it gave any, its doors stand for it. */
export function handedRelays({ invites, engine }: AppState): readonly Invite[] {
  const network = networkInvite(invites)
  const relays = network === undefined ? [] : (engine.membership?.relays ?? [])
  return relays.length > 0 ? relays : (network?.doors ?? [])
}

export function knownRelays(state: AppState): readonly Invite[] {
  return [...relayInvites(state.invites), ...handedRelays(state)]
}

export function encodeAppState({ settings, invites, drawnPorts, engine, reporter, unread }: AppState): string {
  const kept = [...invites.map(({ id, text, addedDay }) => ({ id, text, addedDay })), ...unread.invites]
  const set = { ...settings, ...Object.fromEntries(Object.entries(unread.settings).filter(([name]) => isUntouched(name, settings))) }
  return JSON.stringify({ ...unread.parts, version: 1, settings: set, invites: kept, drawnPorts, engine: encodeState(engine), reporter })
}

/** Each part that is not as it should be is left out; undefined: nothing of it can be read. */
export function decodeAppState(text: string): AppState | undefined {
  const value = text.length <= stateLimits.textMax ? parseJson(text) : undefined
  if (value === undefined) return undefined
  const { version: _, settings, invites, drawnPorts, engine, reporter, ...parts } = value
  const [kept, unread] = decodeInvites(invites)
  const [set, unset] = decodeSettings(settings)
  return {
    settings: set,
    invites: kept,
    drawnPorts: decodePorts(drawnPorts),
    engine: decodeState(engine),
    reporter: decodeReporter(reporter),
    unread: { invites: unread, settings: unset, parts },
  }
}

/** Those that can be read, with the usual in the place of the others; and the others, which a later version may know. */
function decodeSettings(value: unknown): [Settings, Unread] {
  const read = Object.entries(fieldsOf(value)).map(([name, field]) => [name, field, checkSomeSettings({ [name]: field })?.value] as const)
  const unread = read.flatMap(([name, field, part]) => (part === undefined ? [[name, field]] : []))
  return [Object.assign({}, DEFAULT_SETTINGS, ...read.map(([, , part]) => part)) as Settings, Object.fromEntries(unread)]
}

/** What the person has changed here since is as they want it. */
function isUntouched(name: string, settings: Settings): boolean {
  const before: Unread = { ...DEFAULT_SETTINGS }
  return (settings as unknown as Unread)[name] === before[name]
}

/** Those that can be read, and those that can't. */
function decodeInvites(value: unknown): [KeptInvite[], unknown[]] {
  const kept = new Map<string, KeptInvite>()
  const unread: unknown[] = []
  for (const item of Array.isArray(value) ? value : []) {
    const { id, text, addedDay } = fieldsOf(item)
    if (typeof text !== 'string' || typeof id !== 'string' || !/^[a-z0-9-]{1,64}$/.test(id)) continue
    const any = decode(text)
    if (any === undefined) unread.push(item)
    else kept.set(keyOf(any), { id, text, any, addedDay: Number.isSafeInteger(addedDay) ? (addedDay as number) : 0 })
  }
  return [[...kept.values()].slice(0, commandLimits.invitesMax), unread.slice(0, commandLimits.invitesMax)]
}

function decodePorts(value: unknown): AppState['drawnPorts'] {
  const { socks, http } = fieldsOf(value)
  const port = (given: unknown): number =>
    Number.isSafeInteger(given) && (given as number) > 0 && (given as number) < 65_536 ? (given as number) : 0
  return { socks: port(socks), http: port(http) }
}

function decodeReporter(value: unknown): ReporterState | undefined {
  const { secret, usedMonth, toldDay } = fieldsOf(value)
  const isText = (given: unknown, form: RegExp): given is string => typeof given === 'string' && form.test(given)
  if (!isText(secret, /^[\w-]{43}$/) || !isText(usedMonth, /^(?:\d{4}-\d{2})?$/) || !isText(toldDay, /^(?:\d{4}-\d{2}-\d{2})?$/))
    return undefined
  return { secret, usedMonth, toldDay }
}

function decode(text: string): AnyInvite | undefined {
  try {
    return decodeAnyInvite(text)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function parseJson(text: string): Readonly<Partial<Record<string, unknown>>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function fieldsOf(value: unknown): Readonly<Partial<Record<string, unknown>>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
