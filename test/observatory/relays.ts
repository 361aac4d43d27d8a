// Relays and clients as the collector meets them: keys, signed days, sealed reports.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { type ReportFacts, reportText, sealReport } from '../../client/engine/reports/report.ts'
import type { PlaceCounts } from '../../relay/observatory/collect/relay-day.ts'
import { createReportKey, importReportKey } from '../../relay/observatory/collect/report.ts'
import { envelope, type RelayIdentity } from '../../relay/observatory/counting/hand-over.ts'
import { exportPublicKey } from '../../relay/observatory/records.ts'

export function newIdentity(): RelayIdentity {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { publicKey: exportPublicKey(privateKey), sign: (bytes) => sign(undefined, bytes, privateKey) }
}

export function place(country: string, sessions: number, way: PlaceCounts['way'] = 'websocket-direct'): PlaceCounts {
  return { country, way, sessions, seconds: sessions * 3_600, bytes: sessions * 5e8, failures: Math.floor(sessions / 10) }
}

export function signedDay(identity: RelayIdentity, day: string, places: readonly PlaceCounts[], mark: string = newMark()): string {
  return envelope('relay-day', JSON.stringify({ day, mark, geoipAgeDays: 20, places }), identity)
}

export const KEYS: { readonly reportKey: KeyObject; readonly publicKey: string } = (() => {
  const { privatePem, publicKey } = createReportKey()
  return { reportKey: importReportKey(privatePem), publicKey }
})()

export function signedReport(identity: RelayIdentity, country: string, facts: ReportFacts, mark: Uint8Array = randomBytes(16)): string {
  const sealed = Buffer.from(sealReport(reportText(facts, mark), KEYS.publicKey)).toString('base64url')
  return envelope('report', JSON.stringify({ country, sealed }), identity)
}

export function newMark(): string {
  return randomBytes(16).toString('hex')
}
