// What a relay may hold follows the machine: the cheap server of OPERATORS.md must meet its limits before its system kills it.
import { expect, test } from 'vitest'
import { httpLimits, listenLimits, SESSION_BYTES, sessionLimits, VISITOR_BYTES } from '../../relay/limits.ts'
import { limitsIn, thisRoom } from '../../relay/machine-limits.ts'

const MIB = 1_048_576
/** Of Node with the relay's code, before anybody comes, for each process: 88 in docs/BENCHMARKS.md, 109 on a busy machine (November 2026). */
const EMPTY_BYTES = 112 * MIB

const room = (memoryMib: number, openFilesMax?: number) => ({ memoryBytes: memoryMib * MIB, openFilesMax })

test.each([
  [512, 1],
  [1_024, 2],
  [2_048, 8],
  [65_536, 64],
])('all that a relay may hold fits into %d MiB, as %d processes', (memoryMib, count) => {
  const { session, http, listen } = limitsIn(room(memoryMib), count)
  const each = session.sessionsMax * SESSION_BYTES + session.heldBytesMax + http.unreadBytesMax + listen.visitorsMax * VISITOR_BYTES
  const least = count === 1 ? EMPTY_BYTES : 0
  expect(count * each + least).toBeLessThan(memoryMib * MIB * 0.9)
})

test('512 MiB carry some hundred people, and megabytes for those who wait', () => {
  const { session } = limitsIn(room(512), 1)
  expect(session.sessionsMax).toBeGreaterThan(1_000)
  expect(session.heldBytesMax).toBeGreaterThanOrEqual(128 * MIB)
})

test('a machine with plenty has the limits of limits.ts, parted among its processes where they are for all', () => {
  expect(limitsIn(room(65_536), 1)).toEqual({ session: sessionLimits, http: httpLimits, listen: listenLimits })
  expect(limitsIn(room(65_536), 4).session.heldBytesMax).toBe(sessionLimits.heldBytesMax / 4)
})

test('strangers find room for some hundred connections on 512 MiB, and take few files', () => {
  expect(limitsIn(room(512), 1).listen.visitorsMax).toBeGreaterThan(500)
  expect(limitsIn(room(65_536, 16_384), 1).listen.visitorsMax).toBe(1_024)
})

test('sockets to destinations leave a quarter of the files', () => {
  expect(limitsIn(room(512, 1_024), 1).session.socketsMax).toBe(768)
  expect(limitsIn(room(512), 1).session.socketsMax).toBe(sessionLimits.socketsMax)
})

test('this machine has some memory, and no more than it has', () => {
  const { memoryBytes } = thisRoom()
  expect(memoryBytes).toBeGreaterThan(64 * MIB)
  expect(Number.isFinite(memoryBytes)).toBe(true)
})
