// Cases for SPEC.md §3.1: texts that are invites of a network, and texts that are not, each for one reason.
import type { InviteCase } from './invite.ts'
import { body, endpoint, text } from './invite.ts'
import { draw, join, turn, u8, u16, u32 } from './write.ts'

export interface NetworkInviteCase extends Pick<InviteCase, 'name' | 'text'> {
  /** `network invite`, or which check of §3 says no; `kind`: it is the invite of one relay. */
  readonly expect: 'network invite' | 'kind' | 'version' | 'checksum' | 'fields'
  readonly invite?: {
    readonly networkId: string
    readonly authorityKey: string
    readonly secret: string
    readonly untilS: number
    /** Their addresses. */
    readonly doors: readonly (readonly string[])[]
  }
}

const NETWORK_ID = draw('network id', 32)
const AUTHORITY_KEY = draw('network authority key', 32)
const SECRET = draw('network invite secret', 16)
const UNTIL_S = 2_000_000_000

interface Fields {
  readonly version?: number
  readonly count?: number
  readonly doors?: readonly Uint8Array[]
  readonly behind?: Uint8Array
}

function networkBody({ version = 3, doors = [body({})], count = doors.length, behind = Buffer.alloc(0) }: Fields): Buffer {
  const named = doors.map((door) => join(u16(door.length), door))
  return join(u8(version), NETWORK_ID, AUTHORITY_KEY, SECRET, u32(UNTIL_S), u8(count), ...named, behind)
}

const WHOLE = networkBody({})
const GOOD = text(WHOLE)
const raw = Buffer.from(GOOD.slice('culvert:'.length), 'base64url')
const untrimmed = (bytes: Uint8Array): string => `culvert:${Buffer.from(bytes).toString('base64url')}`
const SHOWN = {
  networkId: NETWORK_ID.toString('hex'),
  authorityKey: AUTHORITY_KEY.toString('hex'),
  secret: SECRET.toString('hex'),
  untilS: UNTIL_S,
}

function wrong(name: string, expect: NetworkInviteCase['expect'], one: string): NetworkInviteCase {
  return { name, text: one, expect }
}

function fields(name: string, one: Fields): NetworkInviteCase {
  return wrong(name, 'fields', text(networkBody(one)))
}

export const networkInviteCases: readonly NetworkInviteCase[] = [
  { name: 'one door', text: GOOD, expect: 'network invite', invite: { ...SHOWN, doors: [['192.0.2.1:443']] } },
  {
    name: 'four doors, one of them with an edge',
    text: ` ${text(
      networkBody({
        doors: [
          body({}),
          body({ endpoints: [endpoint({ address: 'a.example:443' }), endpoint({ address: 'cdn.example:443', flags: 6 })] }),
          body({}),
          body({}),
        ],
      }),
    )}\n`,
    expect: 'network invite',
    invite: { ...SHOWN, doors: [['192.0.2.1:443'], ['a.example:443', 'cdn.example:443'], ['192.0.2.1:443'], ['192.0.2.1:443']] },
  },
  wrong('the invite of one relay', 'kind', text(body({}))),
  wrong('version 4', 'version', text(networkBody({ version: 4 }))),
  wrong('a bit turned in the secret', 'checksum', untrimmed(turn(raw, 66))),
  wrong('the last byte missing', 'checksum', untrimmed(raw.subarray(0, -1))),
  wrong('half of it', 'checksum', untrimmed(raw.subarray(0, raw.length / 2))),
  fields('no door', { doors: [] }),
  fields('five doors', { doors: Array.from({ length: 5 }, () => body({})) }),
  fields('fewer doors than it says', { count: 2 }),
  fields('bytes left over', { behind: u8(0) }),
  fields('a door of an unknown version', { doors: [body({ version: 3 })] }),
  fields('a door with bytes left over', { doors: [body({ behind: u8(0) })] }),
  fields('a door without an endpoint', { doors: [body({ endpoints: [] })] }),
  wrong('an end within the secret', 'fields', text(WHOLE.subarray(0, 70))),
]
