// A relay of a network lives on when something of its own folder can't be had.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { encodeInvite } from '#protocol'
import { nodeRandom } from '#protocol/node'
import { encodeJoinCode } from '../../relay/directory/join-code.ts'
import { keepCode, Membership } from '../../relay/join.ts'
import { drawInvite, makeNetwork, NOW_S } from '../protocol/directory/network.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-join-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['is not there', undefined],
  ['is damaged', encodeInvite(drawInvite('relay')).slice(0, -9)],
])('a relay whose invite %s says that it is not registered, and runs on', async (_what, invite) => {
  rmSync(join(folder, 'invite'), { force: true })
  if (invite !== undefined) writeFileSync(join(folder, 'invite'), invite)
  const { networkId, authorities } = makeNetwork('join', 1, 1)
  const [{ certificate, signing }] = authorities as [(typeof authorities)[number]]
  const parts = {
    networkId,
    id: nodeRandom(8),
    untilS: NOW_S + 86_400,
    uses: 1,
    certificateBytes: certificate,
    authorities: [drawInvite('authority')],
  }
  keepCode(encodeJoinCode(parts, signing.sign), folder)
  const told = Promise.withResolvers<readonly [string, string]>()
  const membership = Membership.begin({
    folder,
    // None of them is used before the invite has been read.
    keys: undefined as never,
    version: [1, 0, 0],
    capacityBytesPerS: 1,
    nowS: () => NOW_S,
    tell: ({ event }, sentence) => told.resolve([event, sentence]),
  })
  expect(await told.promise).toEqual(['not-registered', expect.stringContaining('invite')])
  membership?.stop()
})
