// What taking part in the public numbers would send today, at its fullest: made by the one place that makes reports, so what is shown is what leaves.
import type { AppStatus } from '../../contract/app-status.ts'
import type { WayName } from '../../contract/way-name.ts'
import { reportLimits } from '../reports/limits.ts'
import { type CoarseFacts, reportText, type WayKind } from '../reports/report.ts'

/** With the spaces that give every report one size. */
export function sharedText(status: AppStatus, nowMs: number, random: (count: number) => Uint8Array): string {
  const day = new Date(nowMs).toISOString().slice(0, 10)
  // A country is told only where the person has named one.
  const country = status.settings.domestic.country || undefined
  return reportText({ day, isFirstOfMonth: true, country, coarse: coarseFacts(status) }, random(16)).padEnd(reportLimits.bytes)
}

function coarseFacts({ version, settings, capabilities, finding, relays, switches }: AppStatus): CoarseFacts {
  const inUse = relays.flatMap(({ ways }) => ways.filter(({ state }) => state === 'in-use'))
  return {
    verdicts: finding === undefined ? [] : [finding.verdict],
    worked: [...inUse.map(({ way }) => way), ...switches.map(({ to }) => to)].map(kindOf),
    connectMs: inUse.map(({ dialMs }) => dialMs).find((ms) => ms !== undefined),
    version,
    language: settings.language === 'system' ? capabilities.systemLanguage : settings.language,
  }
}

function kindOf({ carrier, place }: WayName): WayKind {
  return `${carrier}-${place}`
}
