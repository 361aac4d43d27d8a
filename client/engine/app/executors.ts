// Carries out the commands of the contract's table. Each ends with a value or a fault, and none with an exception.
import { encodeHex, encodeNetworkInvite, type Invite } from '#protocol'
import type { AppStatus, Capabilities } from '../../contract/app-status.ts'
import { type Executors, type Fault, type Outcome, PROXY_FAULTS, type Preview } from '../../contract/commands.ts'
import { commandLimits } from '../../contract/limits.ts'
import type { Settings } from '../../contract/settings.ts'
import type { Shell } from '../../contract/shell.ts'
import type { Platform } from '../platform.ts'
import { isUpstream } from '../upstream.ts'
import type { EngineLife } from './engine-life.ts'
import type { Inquiries } from './inquiries.ts'
import { isOfOtherNetwork, keyOf, type ReadInvite, readInvites } from './invites.ts'
import { appLimits } from './limits.ts'
import type { Notices } from './notices.ts'
import type { Protection } from './protection.ts'
import { reportText } from './report.ts'
import type { Reporting } from './reporting.ts'
import { knownRelays } from './saved-state.ts'
import type { Vault } from './vault.ts'

/** What they are given: the parts of the app core, and what concerns several of them. */
export interface AppParts {
  readonly options: { readonly platform: Pick<Platform, 'random'>; readonly shell: Shell; readonly system: string }
  readonly capabilities: Capabilities
  readonly status: AppStatus
  /** By the relays' clock, as far as it is known: seconds since 1970. */
  readonly nowS: number
  readonly vault: Vault
  readonly engine: EngineLife
  readonly inquiries: Inquiries
  readonly protection: Protection
  readonly reporting: Reporting
  readonly notices: Notices
  protect(): Promise<void>
  goOut(): void
  forget(): Promise<boolean>
  takeOffer(): readonly ReadInvite[]
}

const DONE = { ok: true, value: undefined } as const
const DAY_MS = 86_400_000

export function createExecutors(app: AppParts): Executors {
  return { ...lineExecutors(app), ...computerExecutors(app), ...inquiryExecutors(app), ...otherExecutors(app) }
}

type Line = 'connect' | 'disconnect' | 'addInvite' | 'removeInvite' | 'answerOffer'

function lineExecutors(app: AppParts): Pick<Executors, Line> {
  const add = async (read: readonly ReadInvite[]): Promise<Outcome<{ added: number; known: number }>> => {
    const { invites } = app.vault.state
    const fresh = read.filter(({ text }) => !invites.some((kept) => kept.text === text))
    if (fresh.length === 0) return failed('invite-known')
    if (isOfOtherNetwork(fresh, invites)) return failed('invite-other-network')
    // A new invite of a relay, or of a network, takes the place of the old one, wherever that stands.
    const kept = invites.filter((old) => !fresh.some(({ any }) => keyOf(any) === keyOf(old.any)))
    if (kept.length + fresh.length > commandLimits.invitesMax) return failed('invite-too-many')
    const addedDay = Math.floor(Date.now() / DAY_MS)
    const added = fresh.map(({ text, any }) => ({ id: encodeHex(app.options.platform.random(8)), text, any, addedDay }))
    await app.vault.keep({ invites: [...kept, ...added] })
    void app.engine.restart()
    return { ok: true, value: { added: fresh.length, known: read.length - fresh.length } }
  }
  return {
    connect: async () => {
      if (app.vault.state.invites.length === 0) return failed('no-invite-yet')
      await app.engine.connect()
      return DONE
    },
    disconnect: () => app.engine.disconnect().then(() => DONE),
    addInvite: async ({ text }) => {
      const read = readInvites(text, app.nowS)
      return typeof read === 'string' ? failed(read) : add(read)
    },
    removeInvite: async ({ id }) => {
      const { invites } = app.vault.state
      const rest = invites.filter((invite) => invite.id !== id)
      if (rest.length === invites.length) return failed('no-such-thing')
      await app.vault.keep({ invites: rest })
      await app.engine.restart()
      return DONE
    },
    answerOffer: async ({ isWanted }) => {
      const read = app.takeOffer()
      if (!isWanted || read.length === 0) return DONE
      const outcome = await add(read)
      return outcome.ok ? DONE : outcome
    },
  }
}

type Computer = 'changeSettings' | 'useSystemProxy' | 'useKillSwitch' | 'repairInternet' | 'storePlainly' | 'forgetEverything'

function computerExecutors(app: AppParts): Pick<Executors, Computer> {
  const change = async (settings: Partial<Settings>): Promise<Outcome<undefined>> => {
    const before = app.vault.state.settings
    const after = settled({ ...before, ...settings }, settings)
    const { capabilities } = app
    if (!isUpstream(after.upstream)) return failed('upstream-bad')
    if (after.startAtLogin !== before.startAtLogin) {
      if (!capabilities.startAtLogin) return failed('unsupported')
      if (!(await app.options.shell.setStartAtLogin({ isOn: after.startAtLogin }))) return failed('failed')
    }
    if ((after.systemProxy && !capabilities.systemProxy) || (after.killSwitch && !capabilities.killSwitch)) return failed('unsupported')
    await app.vault.keep({ settings: after })
    app.reporting.take(after.reports)
    app.goOut()
    const hasOtherPorts = JSON.stringify(after.ports) !== JSON.stringify(before.ports)
    if (hasOtherPorts || after.upstream !== before.upstream) await app.engine.restart()
    const isOfProxy = settings.systemProxy !== undefined || settings.killSwitch !== undefined
    // What failed, or others undid, is asked for again: the person has.
    if (isOfProxy) app.protection.forgetFault()
    await app.protect()
    const { fault } = app.protection.status
    return fault === undefined || !isOfProxy ? DONE : failed(PROXY_FAULTS[fault])
  }
  return {
    changeSettings: change,
    useSystemProxy: ({ isOn }) => change({ systemProxy: isOn }),
    useKillSwitch: ({ isOn }) => change({ killSwitch: isOn }),
    repairInternet: async () => {
      if (!app.capabilities.systemProxy) return failed('unsupported')
      await app.vault.keep({ settings: { ...app.vault.state.settings, systemProxy: false, killSwitch: false } })
      const fault = await app.protection.repair()
      if (fault !== undefined) return failed(PROXY_FAULTS[fault])
      app.notices.add('internet-repaired')
      return DONE
    },
    storePlainly: async ({ isOn }) => ((await app.vault.storePlainly(isOn)) ? DONE : failed('not-stored')),
    forgetEverything: async () => ((await app.forget()) ? DONE : failed('not-wiped')),
  }
}

/** A kill switch without the system's proxy would shut for good: the one brings the other, and goes with it. */
function settled(after: Settings, asked: Partial<Settings>): Settings {
  if (asked.killSwitch === true) return { ...after, systemProxy: true }
  return after.systemProxy ? after : { ...after, killSwitch: false }
}

type Inquiry =
  | 'startDoctor'
  | 'stopDoctor'
  | 'startRehearsal'
  | 'stopRehearsal'
  | 'previewReport'
  | 'saveReport'
  | 'previewShared'
  | 'sendShared'

function inquiryExecutors(app: AppParts): Pick<Executors, Inquiry> {
  const previews = new Map<string, string>()
  const preview = (text: string): Outcome<Preview> => {
    const id = encodeHex(app.options.platform.random(8))
    previews.set(id, text)
    for (const old of [...previews.keys()].slice(0, -appLimits.previewsMax)) previews.delete(old)
    return { ok: true, value: { id, text } }
  }
  const invites = (): readonly Invite[] => knownRelays(app.vault.state)
  return {
    startDoctor: async () => (app.inquiries.startDoctor(invites(), app.vault.state.engine) ? DONE : failed('busy')),
    stopDoctor: async () => {
      app.inquiries.stopDoctor()
      return DONE
    },
    startRehearsal: async () => {
      if (invites().length === 0) return failed('no-invite-yet')
      return app.inquiries.startRehearsal(invites(), app.vault.state.engine) ? DONE : failed('busy')
    },
    stopRehearsal: async () => {
      app.inquiries.stopRehearsal()
      return DONE
    },
    previewReport: async () => preview(reportText(app.status, app.options.system)),
    previewShared: async () => {
      const { text, sends } = app.reporting.preview(app.engine.policies)
      const shown = preview(text)
      return shown.ok ? { ok: true, value: { ...shown.value, sends } } : shown
    },
    sendShared: async () => ((await app.reporting.sendNow(app.engine.policies)) ? DONE : failed('not-sent')),
    saveReport: async ({ id }) => {
      const text = previews.get(id)
      if (text === undefined) return failed('no-such-thing')
      if (!app.capabilities.saveFile) return { ok: true, value: { manner: 'download', name: REPORT_NAME, text } }
      const saved = await app.options.shell.saveFile({ name: REPORT_NAME, text })
      return saved === 'saved' ? { ok: true, value: { manner: 'file' } } : failed(saved === 'cancelled' ? 'cancelled' : 'not-saved')
    },
  }
}

const REPORT_NAME = 'culvert-report.json'

type Other = 'giveToFriend' | 'checkUpdate' | 'fetchUpdate' | 'openUpdate' | 'installUpdate' | 'dismissNotice' | 'quit'

function otherExecutors(app: AppParts): Pick<Executors, Other> {
  const { shell } = app.options
  const updating = async (work: () => Promise<void>): Promise<Outcome<undefined>> => {
    if (!app.capabilities.update) return failed('unsupported')
    await work()
    return DONE
  }
  return {
    giveToFriend: async ({ withInvite }) => {
      if (!app.capabilities.share) return failed('unsupported')
      const invite = withInvite ? await inviteForFriend(app) : undefined
      if (invite !== undefined && 'fault' in invite) return failed(invite.fault)
      const { language } = app.vault.state.settings
      const shared = await shell.share({ ...invite, language })
      return typeof shared === 'string' ? failed(shared === 'cancelled' ? 'cancelled' : 'not-saved') : { ok: true, value: shared }
    },
    checkUpdate: () => updating(() => shell.checkUpdate(app.engine.ownProxy)),
    fetchUpdate: () => updating(() => shell.fetchUpdate(app.engine.ownProxy)),
    openUpdate: () => updating(() => shell.openUpdate()),
    installUpdate: () => updating(() => shell.installUpdate()),
    dismissNotice: async ({ id }) => (app.notices.dismiss(id) ? DONE : failed('no-such-thing')),
    quit: async () => {
      shell.quit()
      return DONE
    },
  }
}

/** One's own invite of a relay; that of a network is for one person, so another is asked for. */
async function inviteForFriend(app: AppParts): Promise<{ readonly invite: string } | { readonly fault: Fault }> {
  const { invites } = app.vault.state
  const own = invites.find(({ any }) => any.kind === 'relay')
  if (own !== undefined) return { invite: own.text }
  if (invites.length === 0) return { fault: 'no-invite-yet' }
  const friend = await app.engine.askForFriend()
  return typeof friend === 'object' ? { invite: encodeNetworkInvite(friend) } : { fault: 'no-friend-yet' }
}

function failed(fault: Fault): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault }
}
