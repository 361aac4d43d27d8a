// What a relay tells the network that it can carry.
import { expect, test } from 'vitest'
import { joinLimits } from '../../../relay/directory/limits.ts'
import { capacityOf } from '../../../relay/join.ts'

test('a relay says that it carries what its caps leave, a month used evenly, and without caps as much as a good line', () => {
  const none = { bytesPerSecond: undefined, bytesPerMonth: undefined }
  expect(capacityOf(none)).toBe(joinLimits.capacityBytesPerS)
  expect(capacityOf({ ...none, bytesPerSecond: 5e6 })).toBe(5e6)
  expect(capacityOf({ ...none, bytesPerMonth: 2.592e12 })).toBe(1e6)
  expect(capacityOf({ bytesPerSecond: 5e5, bytesPerMonth: 2.592e12 })).toBe(5e5)
  expect(capacityOf({ ...none, bytesPerMonth: 1 })).toBe(1)
})
