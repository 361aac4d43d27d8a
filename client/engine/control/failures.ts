// Which sign a dial that failed is of, and what takes such signs away again.
import type { EvidenceCode } from '../../contract/verdict.ts'
import type { DialFault, DialStep } from './outcome.ts'

/** What a finished TLS handshake with a host speaks against. */
export const REACHED: readonly EvidenceCode[] = [
  'address-silent',
  'address-refused',
  'address-reset',
  'name-silent',
  'name-reset',
  'name-closed',
  'wrong-certificate',
]
/** What a dead network looks like from here, host by host. */
export const OUTAGE: readonly EvidenceCode[] = [
  'address-silent',
  'address-refused',
  'name-silent',
  'name-closed',
  'frozen',
  'wrong-certificate',
  'intercepted',
  'flows-limited',
]

export function codeOf(step: DialStep, fault: DialFault): EvidenceCode | undefined {
  if (fault === 'certificate') return 'wrong-certificate'
  if (step === 'tcp') return fault === 'timeout' ? 'address-silent' : fault === 'refused' ? 'address-refused' : 'address-reset'
  if (step === 'tls') return fault === 'timeout' ? 'name-silent' : fault === 'reset' ? 'name-reset' : 'name-closed'
  return undefined
}
