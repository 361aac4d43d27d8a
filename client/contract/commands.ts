// The one table of what the screens may ask of the app core. Both ends of every channel (Electron's IPC, the browser's HTTP) take names, types and checks
// from here; a command that is not in it does not exist.
import type { InviteFault, SystemProxyFault } from './app-status.ts'
import { boolean, type Check, fields, nothing, text } from './check.ts'
import { commandLimits } from './limits.ts'
import { checkSomeSettings, type Settings } from './settings.ts'

/** What each command carries, and what it gives back. */
interface Exchange<P, R = undefined> {
  readonly payload: P
  readonly result: R
}
type OnOff = Exchange<{ readonly isOn: boolean }>
type Bare<R = undefined> = Exchange<undefined, R>

export interface Commands {
  // The line
  readonly connect: Bare
  /** Gives up while it connects, or disconnects: off in either case. */
  readonly disconnect: Bare

  // Invites: pasted, from a file or a QR code; words around them are skipped
  readonly addInvite: Exchange<{ readonly text: string }, InvitesAdded>
  readonly removeInvite: Exchange<{ readonly id: string }>
  /** The person's word on `AppStatus.offer`. */
  readonly answerOffer: Exchange<{ readonly isWanted: boolean }>

  // This computer
  readonly changeSettings: Exchange<Partial<Settings>>
  readonly useSystemProxy: OnOff
  readonly useKillSwitch: OnOff
  /** Puts the system's proxy back as it was before Culvert, by hand. */
  readonly repairInternet: Bare
  /** Nothing is stored in clear text before the person agreed. */
  readonly storePlainly: OnOff
  readonly forgetEverything: Bare

  // Looking into it
  readonly startDoctor: Bare
  readonly stopDoctor: Bare
  readonly startRehearsal: Bare
  readonly stopRehearsal: Bare
  /** The exact text that `saveReport` of that id saves. */
  readonly previewReport: Bare<Preview>
  readonly saveReport: Exchange<{ readonly id: string }, Saved>
  /** The exact text that taking part in the public numbers sends, and whether it does. */
  readonly previewShared: Bare<SharedPreview>
  /** Sends today's report though the network is cut off, when nothing leaves unasked. */
  readonly sendShared: Bare

  // Others
  readonly giveToFriend: Exchange<{ readonly withInvite: boolean }, Given>
  readonly checkUpdate: Bare
  readonly fetchUpdate: Bare
  /** From a file that a friend gave; the shell asks which. */
  readonly openUpdate: Bare
  readonly installUpdate: Bare
  readonly dismissNotice: Exchange<{ readonly id: string }>
  readonly quit: Bare
}

export type CommandName = keyof Commands
export type PayloadOf<N extends CommandName> = Commands[N]['payload']
export type ResultOf<N extends CommandName> = Commands[N]['result']

const onOff = fields({ isOn: boolean })
const identifier = fields({ id: text(commandLimits.idMax, /^[a-z0-9-]+$/) })

/** The run-time half of the table. */
export const COMMANDS: { readonly [N in CommandName]: Check<PayloadOf<N>> } = {
  connect: nothing,
  disconnect: nothing,
  addInvite: fields({ text: text(commandLimits.inviteTextMax) }),
  removeInvite: identifier,
  answerOffer: fields({ isWanted: boolean }),
  changeSettings: checkSomeSettings,
  useSystemProxy: onOff,
  useKillSwitch: onOff,
  repairInternet: nothing,
  storePlainly: onOff,
  forgetEverything: nothing,
  startDoctor: nothing,
  stopDoctor: nothing,
  startRehearsal: nothing,
  stopRehearsal: nothing,
  previewReport: nothing,
  saveReport: identifier,
  previewShared: nothing,
  sendShared: nothing,
  giveToFriend: fields({ withInvite: boolean }),
  checkUpdate: nothing,
  fetchUpdate: nothing,
  openUpdate: nothing,
  installUpdate: nothing,
  dismissNotice: identifier,
  quit: nothing,
}

/** One for each command, of whoever carries them out. */
export type Executors = { readonly [N in CommandName]: (payload: PayloadOf<N>) => Promise<Outcome<ResultOf<N>>> }

/** What the screens hold: the same, across whatever lies between. Never rejects. */
export type SendCommand = <N extends CommandName>(
  name: N,
  ...payload: PayloadOf<N> extends undefined ? [] : [PayloadOf<N>]
) => Promise<Outcome<ResultOf<N>>>

export type Outcome<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly fault: Fault }

/** Why a command was not carried out; the words are the screens'. */
export type Fault =
  | InviteFault
  /** The channel's own: no such command, or a payload that is none. */
  | 'bad-command'
  /** The core does not answer. */
  | 'unreachable'
  /** Asked again while the first is still at work. */
  | 'busy'
  /** This shell or computer can't. */
  | 'unsupported'
  | 'no-invite-yet'
  /** The network gives no invite for a friend, or not now. */
  | 'no-friend-yet'
  | 'cancelled'
  | 'no-such-thing'
  | 'not-sent'
  | 'not-stored'
  | 'not-wiped'
  | 'not-saved'
  | 'proxy-refused'
  /** It is another program's, and was left as it is. */
  | 'proxy-changed'
  | 'proxy-failed'
  /** No address of a proxy through which the app could go out. */
  | 'upstream-bad'
  | 'failed'

/** Of the system's proxy. */
export const PROXY_FAULTS: Readonly<Record<SystemProxyFault, Fault>> = {
  refused: 'proxy-refused',
  'changed-by-others': 'proxy-changed',
  failed: 'proxy-failed',
}

export interface InvitesAdded {
  readonly added: number
  /** Of those in the text, there before. */
  readonly known: number
}

export interface Preview {
  readonly id: string
  readonly text: string
}

export interface SharedPreview extends Preview {
  /**
   * `today`: it leaves as soon as there is a session. `told`: it has left. `not-today`: on other days of this month it would. `off`: one takes no part.
   * `nowhere`: the relays hand none on. `unkept`: nothing may be stored here, so that nobody would know tomorrow what was told today.
   */
  readonly sends: 'today' | 'told' | 'not-today' | 'off' | 'nowhere' | 'unkept'
}

/** `text`: this shell has no dialog, and the screen offers it as a download. */
export type Saved = { readonly manner: 'file' } | { readonly manner: 'download'; readonly name: string; readonly text: string }

/** `folder`: its name, without the path. `hasApp`: the installer is in it. */
export interface Given {
  readonly folder: string
  readonly hasApp: boolean
}

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}

/** Carries out what came over a channel, whatever it is. Never rejects. */
export async function execute(executors: Executors, name: unknown, payload: unknown): Promise<Outcome<unknown>> {
  if (typeof name !== 'string' || !isCommandName(name)) return { ok: false, fault: 'bad-command' }
  const checked = COMMANDS[name](payload)
  if (checked === undefined) return { ok: false, fault: 'bad-command' }
  const carryOut = executors[name] as (payload: unknown) => Promise<Outcome<unknown>>
  return carryOut(checked.value).catch(() => ({ ok: false, fault: 'failed' }) as const)
}
