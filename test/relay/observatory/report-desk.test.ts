// One report of each address a day, and of each network where that is IPv6: whoever has one has all of its addresses.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseTarget } from '#protocol'
import { SEALED_BYTES } from '../../../relay/observatory/collect/report.ts'
import { REPORT_HOST, REPORT_PORT, ReportAnswer, ReportDesk } from '../../../relay/observatory/counting/report-desk.ts'
import { newIdentity } from '../../observatory/relays.ts'
import { putQuestion } from '../directory/put-question.ts'

const collector = createServer((request, response) => void request.resume().on('end', () => response.end()))
beforeAll(() => new Promise<void>((resolve) => void collector.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => collector.close(resolve)))

function newDesk(): ReportDesk {
  const url = new URL(`http://127.0.0.1:${(collector.address() as AddressInfo).port}/`)
  return new ReportDesk({ url, identity: newIdentity(), nowMs: () => Date.parse('2026-11-18T12:00:00Z') })
}

/** What the desk answers who hands in a report from this address. */
async function handIn(desk: ReportDesk, address: string): Promise<number | undefined> {
  const target = parseTarget(REPORT_HOST, REPORT_PORT)
  return (await putQuestion((stream, to) => desk.serve(stream, to, 'DE', address), target, new Uint8Array(SEALED_BYTES)))?.[0]
}

test.each([
  ['2001:db8:1:2:a:b:c:d', '2001:db8:1:2::1'],
  ['2001:db8::a:b:c:d', '2001:db8::b:b:c:d'],
  ['2001:db8::1', '2001:db8::a:b:c:d'],
  ['203.0.113.7', '::ffff:203.0.113.7'],
])('%s and %s are one', async (first, second) => {
  const desk = newDesk()
  expect([await handIn(desk, first), await handIn(desk, second)]).toEqual([ReportAnswer.taken, ReportAnswer.never])
})

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['203.0.113.7', '203.0.113.8'],
  ['0a'.repeat(16), '0b'.repeat(16)],
])('%s and %s are two', async (first, second) => {
  const desk = newDesk()
  expect([await handIn(desk, first), await handIn(desk, second)]).toEqual([ReportAnswer.taken, ReportAnswer.taken])
})
