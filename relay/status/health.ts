// Whether a relay is well, and if nobody comes, why: sentences for the person who runs it, from facts that were gathered elsewhere.
import type { RestReason } from '../caps/caps.ts'
import { describeFork } from '../directory/fork.ts'
import { statusLimits } from '../limits.ts'
import { isOlder, type Standing } from './standing.ts'

export interface Facts {
  readonly version: string
  /** Of the relay, not of the process. */
  readonly ageMs: number
  readonly sessions: number
  /** Sessions that began today, and whether any began in the last hour. */
  readonly sessionsToday: number
  readonly resting: RestReason | undefined
  /** undefined: a front's. */
  readonly certificateDaysLeft: number | undefined
  readonly certificateFailure: string | undefined
  /** Whether this machine reached its own public address; undefined: not tried yet. */
  readonly reachedItself: boolean | undefined
  readonly standing: Standing | undefined
  readonly workersLost: number
  readonly blockedFault: string | undefined
  /** Of a directory with another past than the one that the relay hands on, signed by enough authorities. */
  readonly fork: number | undefined
  /** Why the memory of admissions can't be asked, so that nobody is let in. */
  readonly memoryFault: string | undefined
}

export interface Health {
  /** idle: well, and nobody there. resting: by a cap. */
  readonly state: 'serving' | 'idle' | 'resting' | 'failing'
  /** One sentence. */
  readonly says: string
  /** What else there is to know or to do, worst first. */
  readonly warnings: readonly Warning[]
}

export interface Warning {
  /** For alerts: one of each kind at a time. */
  readonly kind:
    | 'certificate'
    | 'unreachable'
    | 'version'
    | 'workers'
    | 'blocked-list'
    | 'memory'
    | 'blocked'
    | 'unlisted'
    | 'refused'
    | 'fork'
  readonly says: string
}

export function healthOf(facts: Facts): Health {
  const warnings = warningsOf(facts)
  const { sessions, sessionsToday, resting, certificateDaysLeft = 1, memoryFault } = facts
  if (memoryFault !== undefined) return { state: 'failing', says: 'Nobody is let in: no copy of an admission could be told.', warnings }
  if (certificateDaysLeft <= 0) return { state: 'failing', says: 'The certificate has expired: visitors and clients refuse it.', warnings }
  if (resting !== undefined) return { state: 'resting', says: REST[resting], warnings }
  if (sessions > 0) return { state: 'serving', says: 'People are using this relay.', warnings }
  return { state: 'idle', says: sessionsToday > 0 ? 'Nobody is here at the moment; there were people today.' : whyIdle(facts), warnings }
}

const REST: Readonly<Record<RestReason, string>> = {
  month: 'This month’s volume is used up: the relay is a web site and nothing else until the next month begins.',
  hours: 'It is not its time of the day: the relay is a web site and nothing else until its hours begin.',
}

function whyIdle({ reachedItself, standing, ageMs }: Facts): string {
  if (reachedItself === false) return 'Nobody comes, and its public address does not answer from here either: see below.'
  if (standing?.state === 'spare')
    return 'It is kept back as a spare, for a day on which other relays are blocked. It helps by being there.'
  if (standing?.state === 'unlisted') return 'The directory does not list it, so only those come to whom you gave an invite.'
  if (standing !== undefined && standing.countries.length > 0 && standing.countries.every(({ state }) => state === 'blocked'))
    return 'It is blocked wherever it was looked for. An edge gives it another way in: culvert-relay edge add.'
  if (ageMs < statusLimits.newMs)
    return 'It is new. Whom you gave an invite may come at once; a directory tests a relay for some days before it sends people.'
  return standing === undefined
    ? 'Nobody comes. It is in no directory that this machine knows of: whoever is to come needs an invite from you.'
    : 'Nobody comes at the moment, and nothing is known to be wrong.'
}

function warningsOf(facts: Facts): Warning[] {
  const warnings: Warning[] = []
  const add = (kind: Warning['kind'], says: string): void => void warnings.push({ kind, says })
  const { certificateDaysLeft: days, certificateFailure, standing, version } = facts
  if (facts.memoryFault !== undefined) add('memory', facts.memoryFault)
  if (facts.fork !== undefined) add('fork', describeFork(facts.fork))
  if (days !== undefined && days < statusLimits.certificateDaysMin)
    add(
      'certificate',
      days <= 0
        ? 'The certificate has expired. culvert-relay check says what to do.'
        : `The certificate is good for ${Math.floor(days)} more days only.`,
    )
  if (certificateFailure !== undefined) add('certificate', `No new certificate yet. ${certificateFailure}`)
  if (facts.reachedItself === false)
    add(
      'unreachable',
      'The public address does not answer when dialled from here: look at router and firewall, then say culvert-relay check.',
    )
  if (standing?.versionLeast !== undefined && isOlder(version, standing.versionLeast))
    add(
      'version',
      `This is version ${version}; relays older than ${standing.versionLeast} ${standing.state === 'listed' ? 'will not be listed any more' : 'are not listed'}. Update it.`,
    )
  else if (standing?.versionNewest !== undefined && isOlder(version, standing.versionNewest))
    add('version', `This is version ${version}; ${standing.versionNewest} is out.`)
  if (facts.workersLost > 0) add('workers', `${facts.workersLost} of its processes ended unasked and were started again.`)
  if (facts.blockedFault !== undefined) add('blocked-list', facts.blockedFault)
  if (standing?.refused !== undefined) add('refused', standing.refused)
  if (standing?.state === 'unlisted' && standing.because !== undefined)
    add('unlisted', `The directory does not list it: ${standing.because}.`)
  const blocked = standing?.countries.filter(({ state }) => state === 'blocked').map(({ country }) => country) ?? []
  if (blocked.length > 0) add('blocked', `Blocked in ${blocked.join(', ')}, as of ${standing?.day}. An edge is another way in.`)
  return warnings
}
