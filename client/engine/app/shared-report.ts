// What taking part in the public numbers sends, and nothing else: codes in coarse steps, padded to one size. No identifier, no time, no place.
import type { AppStatus } from '../../contract/app-status.ts'
import { appLimits } from './limits.ts'

export function sharedText({ version, settings, capabilities, finding, relays, switches }: AppStatus): string {
  const inUse = relays.flatMap(({ ways }) => ways.filter(({ state }) => state === 'in-use'))
  const kinds = [
    ...new Set([...inUse.map(({ way }) => way), ...switches.map(({ to }) => to)].map(({ place, carrier }) => `${place}-${carrier}`)),
  ]
  const dialMs = inUse.map((way) => way.dialMs).find((ms) => ms !== undefined)
  const report = {
    version: 1,
    app: version,
    language: settings.language === 'system' ? 'unsaid' : settings.language,
    dialer: capabilities.dialer,
    verdict: finding?.verdict ?? 'unknown',
    waysThatWorked: kinds.sort(),
    timeToConnect: bucketOf(dialMs),
  }
  const text = JSON.stringify(report, undefined, 2)
  return `${text}${' '.repeat(Math.max(0, appLimits.sharedTextBytes - text.length))}`
}

function bucketOf(ms: number | undefined): string {
  if (ms === undefined) return 'unknown'
  if (ms < 1_000) return 'under 1 s'
  if (ms < 5_000) return '1 to 5 s'
  return ms < 20_000 ? '5 to 20 s' : 'over 20 s'
}
