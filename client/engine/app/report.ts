// The report that a person may save and give to whoever is to mend things: codes, small counts and rounded numbers. There is no place in it for a host, an
// address, a key, a port or a time of day.
import type { AppStatus } from '../../contract/app-status.ts'
import { roundOff, withWords } from '../../contract/doctor.ts'
import { wayPhrase } from '../../contract/way-name.ts'

export function reportText(status: AppStatus, system: string): string {
  const { version, link, finding, traffic, relays, switches, capabilities, systemProxy, storage, doctor, rehearsal, update, settings } =
    status
  const { language, systemProxy: usesSystemProxy, killSwitch, domestic } = settings
  const report = {
    about: 'a report of the Culvert app; it names no person, place, address or destination',
    app: { version, shell: capabilities.shell, dialer: capabilities.dialer, system },
    settings: { language, systemProxy: usesSystemProxy, killSwitch, domesticDirect: domestic.isDirect },
    systemProxy,
    storage,
    update: update.state,
    leastVersion: status.leastVersion,
    link: { state: link.state, ...('reason' in link ? { reason: link.reason } : {}), ...('fault' in link ? { fault: link.fault } : {}) },
    attempts: 'attempts' in link ? link.attempts.map(({ way, stage, reason }) => ({ way: wayPhrase(way), stage, reason })) : [],
    network: finding,
    relays: relays.map(({ number, ways }) => ({
      relay: number,
      ways: ways.map(({ way, state, reason, dialMs }) => ({
        way: wayPhrase(way),
        state,
        reason,
        ...(dialMs === undefined ? {} : { dialMs: roundOff(dialMs) }),
      })),
    })),
    switches: switches.map(({ to, from, cause }) => ({ cause, from: from && wayPhrase(from), to: wayPhrase(to) })),
    carried: { downBytes: roundOff(traffic.downBytes), upBytes: roundOff(traffic.upBytes) },
    doctor: doctor.state === 'done' ? withWords(doctor.report) : doctor.state,
    rehearsal: rehearsal.state === 'done' ? rehearsal.rehearsal : rehearsal.state,
  }
  return `${JSON.stringify(report, undefined, 2)}\n`
}
