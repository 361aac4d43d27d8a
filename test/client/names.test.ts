// A network that lies about a name is told from a large site that answers each resolver with what is near to it.
import { expect, test } from 'vitest'
import type { DialFault, ProbeResult } from '../../client/engine/control/outcome.ts'
import { judgeAnswers } from '../../client/engine/names.ts'

const [NEAR, FAR, OTHER] = ['198.51.100.7', '203.0.113.9', '192.0.2.80']

type Found = Extract<ProbeResult, { readonly kind: 'dns' }>['found']
type Case = readonly [what: string, told: readonly string[], truth: readonly string[], faults: Readonly<Record<string, DialFault>>, Found]

test.each<Case>([
  ['a site that leads each resolver elsewhere, and is itself at both', [NEAR], [FAR], {}, 'same'],
  ['one of whose near addresses is down', ['198.51.100.8', NEAR], [FAR], { '198.51.100.8': 'timeout' }, 'same'],
  ['neighbours, which are not even asked', ['203.0.1.1'], [FAR], { '203.0.1.1': 'certificate', [FAR]: 'certificate' }, 'same'],
  ['a page that says it is forbidden, under its own name', [OTHER], [FAR], { [OTHER]: 'certificate' }, 'lie'],
  ['an address where nobody is', [OTHER], [FAR], { [OTHER]: 'timeout' }, 'lie'],
  ['such a page, where the true address is blocked as well', [OTHER], [FAR], { [OTHER]: 'certificate', [FAR]: 'reset' }, 'lie'],
  ['a network that opens all TLS', [NEAR], [FAR], { [NEAR]: 'certificate', [FAR]: 'certificate' }, 'unknown'],
  ['a site that is blocked by its name, wherever it is', [NEAR], [FAR], { [NEAR]: 'reset', [FAR]: 'reset' }, 'unknown'],
  ['a computer whose clock is wrong', [NEAR], [FAR], { [NEAR]: 'expired' }, 'unknown'],
  ['no answer abroad', [NEAR], [], {}, 'unknown'],
  ['no answer here', [], [FAR], {}, 'unknown'],
])('%s', async (_what, told, truth, faults, found) => {
  expect(await judgeAnswers(told, truth, async (address) => faults[address])).toBe(found)
})
