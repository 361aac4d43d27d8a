// What the dialer makes of what Chromium tells of a certificate.
import { describe, expect, test } from 'vitest'
import { CertificateCheck } from '../../../client/desktop/chromium-dialer/certificate.ts'
import { createCertificate, pinOf } from '../../../relay/certificate.ts'

const [REFUSE, AS_CHROMIUM_FINDS, ACCEPT] = [-2, -3, 0]
const DAY_S = 86_400
const { certificate: data } = createCertificate('site.example', Date.now())

/** As of a certificate that begins and ends so many days from now. */
function shown(verificationResult: string, fromDays = -30, toDays = 60): Parameters<CertificateCheck['verify']>[0] {
  const nowS = Date.now() / 1_000
  const certificate = { data, validStart: nowS + fromDays * DAY_S, validExpiry: nowS + toDays * DAY_S }
  return { certificate, verificationResult, errorCode: verificationResult === 'net::OK' ? 0 : -201 }
}

describe('without a pin, Chromium decides, and why it refuses is told', () => {
  test.each([
    ['nothing of one that is good', shown('net::OK'), undefined],
    ['wrong, of one that nobody here trusts', shown('net::ERR_CERT_AUTHORITY_INVALID'), 'wrong'],
    ['wrong, of another name', shown('net::ERR_CERT_COMMON_NAME_INVALID', -60, -1), 'wrong'],
    ['not valid yet, by a clock that is behind', shown('net::ERR_CERT_DATE_INVALID', 1, 90), 'not-yet-valid'],
    ['expired, by a clock that is ahead or by its keeper’s neglect', shown('net::ERR_CERT_DATE_INVALID', -90, -1), 'expired'],
    ['wrong, where its own dates are none to complain of', shown('net::ERR_CERT_DATE_INVALID'), 'wrong'],
  ] as const)('%s', (_what, one, fault) => {
    const check = new CertificateCheck(undefined)
    expect([check.verify(one), check.fault]).toEqual([AS_CHROMIUM_FINDS, fault])
  })
})

test('with a pin, that key is accepted whatever Chromium says, and any other is refused', () => {
  const [own, other] = [new CertificateCheck(pinOf(data)), new CertificateCheck(new Uint8Array(32))]
  for (const one of [shown('net::OK'), shown('net::ERR_CERT_DATE_INVALID', -90, -1)]) {
    expect([own.verify(one), own.fault]).toEqual([ACCEPT, undefined])
    expect([other.verify(one), other.fault]).toEqual([REFUSE, 'wrong'])
  }
})
