// `culvert-relay status` as root: what answers is a socket of the relay's user, whom a flaw of the relay may have made a stranger.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkLimits, statusLimits } from '../../../relay/limits.ts'
import { OperatorError } from '../../../relay/operator-error.ts'
import { askStatus, sayStatus } from '../../../relay/status/command.ts'
import { STATUS_SOCKET } from '../../../relay/status/server.ts'

const home = process.cwd()
let folder: string
let server: Server | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-asked-'))
  chmodSync(folder, 0o700)
})
afterEach(() => {
  server?.close()
  process.chdir(home)
  rmSync(folder, { recursive: true })
})

/** A relay that answers with this, again and again where it is to be without end. */
async function answered(text: string, isEndless = false): Promise<Awaited<ReturnType<typeof askStatus>>> {
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n')
      const say = (): void => void socket.write(text, () => socket.writable && setImmediate(say))
      if (isEndless) say()
      else socket.end(text)
    })
  })
  await new Promise<void>((resolve) => server?.listen(join(folder, STATUS_SOCKET), resolve))
  return askStatus(folder, { ...checkLimits, questionMs: 500 })
}

const count = { sessions: 0, streams: 0, upBytes: 0, downBytes: 0, dialsFailed: 0, dialsRefused: 0 }
const REPORT = {
  version: '0.1.0',
  health: { state: 'idle', says: 'All is well.', warnings: [] as { kind: string; says: string }[] },
  upHours: 1,
  workers: 1,
  now: { sessions: 0, streams: 0 },
  today: count,
  sums: count,
  month: { bytes: 0 },
  caps: {},
  exit: { ports: [], blocked: 0, from: 0 },
  certificate: { kind: 'own', daysLeft: 9 },
  countries: [],
  memoryBytes: 1,
  leaves: [],
}

describe('what answers for a relay', () => {
  test('is shown where it is a report', async () => {
    expect(sayStatus(await answered(JSON.stringify(REPORT)))).toContain('All is well.')
  })

  test('steers no terminal', async () => {
    const says = 'All\u001b]0;owned\u0007 is\u009b2J \u202ewell.\r\nroot:'
    const report = await answered(JSON.stringify({ ...REPORT, health: { ...REPORT.health, says } }))
    expect(report.health.says).toContain('All')
    for (const text of [sayStatus(report), JSON.stringify(report)]) expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  test.each([
    ['no JSON', '<html>'],
    ['another object', '{}'],
    ['a list', '[]'],
    ['nothing', ''],
    ['a part of a report', JSON.stringify({ health: REPORT.health })],
  ])('and is %s, is told of in words', async (_what, text) => {
    await expect(answered(text)).rejects.toThrow(OperatorError)
  })

  test.each([
    ['more than a report can be', ' '.repeat(65_536)],
    ['so slowly that it never ends', ' '],
  ])('and says %s, is not listened to for longer', async (_what, text) => {
    expect(statusLimits.answerBytesMax).toBeLessThan(10_000_000)
    await expect(answered(text, true)).rejects.toThrow(OperatorError)
  })
})
