// From what was seen to what is told: rounded numbers and codes, and nothing that tells who or where anyone is.
import { type DoctorReport, roundOff, type WayReport } from '../../contract/doctor.ts'
import type { Evidence, Finding } from '../../contract/verdict.ts'
import { isOff, withClock } from '../control/conclude.ts'
import type { Way } from '../control/way.ts'
import type { WayNames } from '../way-names.ts'
import type { History } from './history.ts'

export interface Seen {
  readonly finding: Finding
  readonly history: History
  readonly ways: readonly Way[]
  readonly names: WayNames
  readonly hasInterface: boolean
}

export function createReport({ finding, history, ways, names, hasInterface }: Seen): DoctorReport {
  const [domestic, foreign] = [history.canariesOf('domestic'), history.canariesOf('foreign')]
  const reports = ways.map((way) => reportOf(way, history, names))
  const isStuck = reports.length > 0 && reports.every(({ works, failed }) => !works && !isOfRelay(failed))
  return {
    version: 1,
    verdict: finding.verdict === 'open' && isStuck ? 'unclear' : finding.verdict,
    evidence: withClock(finding, median(history.clockOffsetsMs)).evidence.map(rounded),
    network: {
      hasInterface,
      clock: history.clockOffsetsMs.length === 0 ? 'unknown' : isOff(median(history.clockOffsetsMs)) ? 'wrong' : 'right',
      domestic,
      foreign,
      udp: history.udp.some((answers) => answers) ? 'passes' : history.udp.length > 0 && foreign.answered > 0 ? 'blocked' : 'unknown',
      portal: history.portal === 'portal' ? 'shown' : history.portal === 'none' ? 'none' : 'unknown',
    },
    ways: reports,
  }
}

function reportOf(way: Way, history: History, names: WayNames): WayReport {
  const { ms, failed, failures } = history.of(way)
  const works = ms !== undefined
  const cause = works || failed === undefined ? undefined : failed
  return {
    name: names.nameOf(way),
    works,
    ...(works ? { ms: roundOff(ms) } : {}),
    ...(cause === undefined ? {} : { failed: { ...cause, ...(cause.bytes === undefined ? {} : { bytes: roundOff(cause.bytes) }) } }),
    failures,
    isLiedAbout: history.isLiedAbout(way),
  }
}

/** What the relay's own site says is no sign of a network that stands in the way. */
function isOfRelay(failed: WayReport['failed']): boolean {
  return failed?.fault === 'not-admitted' || failed?.fault === 'answer'
}

function rounded({ code, of, count, bytes, ms, bytesPerS }: Evidence): Evidence {
  return {
    code,
    of,
    count,
    ...(bytes === undefined ? {} : { bytes: roundOff(bytes) }),
    ...(ms === undefined ? {} : { ms: roundOff(ms) }),
    ...(bytesPerS === undefined ? {} : { bytesPerS: roundOff(bytesPerS) }),
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}
