// What a policy names is asked only where it stands on the internet, in whatever spelling it is named.
import { expect, test } from 'vitest'
import { askableOf, isAskable, isPublicAddress } from '../../client/engine/askable.ts'

const ROTATION = { bytesMin: 4_096, bytesMax: 8_192, secondsMin: 5, secondsMax: 6 }

const INSIDE = [
  ...[
    '127.0.0.1',
    '10.0.0.1',
    '172.16.3.4',
    '192.168.1.1',
    '169.254.169.254',
    '100.100.100.200',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
  ],
  ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fd00::1', 'fec0::1', 'ff02::1', '::ffff:192.168.1.1', '::192.168.1.1', '2002:c0a8:101::1'],
  ...['64:ff9b::192.168.1.1', '64:ff9b:1::808:808', '2001::1'],
  // What some systems read as an address.
  ...['127.1', '0x7f.1', '2130706433', '127.0.0.1.', '0177.0.0.1'],
  ...[
    'localhost',
    'LOCALHOST.',
    'router',
    'printer.local',
    'a.localhost',
    'box.lan',
    'nas.home.arpa',
    'vault.internal',
    'x.localdomain',
    '',
  ],
]
const OUTSIDE = [
  '8.8.8.8',
  '203.0.113.7',
  '2001:db8::1',
  '2606:4700::1111',
  '64:ff9b::8.8.8.8',
  'news.example',
  'www.bbc.co.uk.',
  'local.example',
]

test.each(INSIDE)('%s is not asked', (host) => expect(isAskable(host)).toBe(false))
test.each(OUTSIDE)('%s is asked', (host) => expect(isAskable(host)).toBe(true))
test('a name is no address', () => expect(isPublicAddress('news.example')).toBe(false))

test('a policy keeps what else it says', () => {
  const addresses = ['192.168.1.1:443', '[fd00::1]:443', 'printer.local:631', 'news.example:443']
  const policy = {
    canaries: { domestic: addresses, foreign: addresses, udp: addresses },
    resolvers: ['https://192.168.1.1/reboot', 'https://[::1]/', 'https://2130706433/', 'https://doh.example/dns-query'],
    rotation: ROTATION,
  }
  const kept = ['news.example:443']
  expect(askableOf(policy)).toEqual({
    canaries: { domestic: kept, foreign: kept, udp: kept },
    resolvers: ['https://doh.example/dns-query'],
    rotation: ROTATION,
  })
})
