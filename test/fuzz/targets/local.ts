// What programs on this machine send to the proxies, and what an operator writes into files.
import { endToEndHeaders, parseAbsoluteForm, parseAuthority } from '../../../client/engine/proxy/http-form.ts'
import { targetOf } from '../../../client/engine/proxy/local.ts'
import {
  encodeDatagramHeader,
  readDatagram,
  readGreeting,
  readPassword,
  readRequest,
} from '../../../client/engine/proxy/socks5-messages.ts'
import { encodeConfig, parseConfig } from '../../../relay/config.ts'
import { decodeRelayKeys } from '../../../relay/keys.ts'
import { OperatorError } from '../../../relay/operator-error.ts'
import { bytesOf, type FuzzTarget, must, textOf } from '../target.ts'

const REQUESTS = [
  Uint8Array.of(5, 2, 0, 2),
  Uint8Array.of(1, 1, 97, 2, 98, 99),
  Uint8Array.of(5, 1, 0, 1, 192, 0, 2, 1, 0, 80),
  Buffer.concat([Uint8Array.of(5, 1, 0, 3, 11), bytesOf('example.com'), Uint8Array.of(1, 187)]),
  Uint8Array.of(5, 3, 0, 4, ...new Uint8Array(15), 1, 0, 53),
]

/** Each message read from every beginning of the input: it comes once it is whole, and what is behind it changes nothing. */
export const socks: FuzzTarget = {
  name: 'socks5',
  seeds: REQUESTS,
  words: [],
  run(input) {
    const readers = [readGreeting, readPassword, readRequest]
    const ends = readers.map((read) => {
      const whole = read(input)
      if (typeof whole !== 'object') {
        if (whole === 'short') must(input.length < 600, 'no message is longer than its lengths can say')
        return String(whole)
      }
      must(whole.length <= input.length, 'nothing is read behind the end')
      must(typeof read(input.subarray(0, whole.length)) === 'object', 'what is behind a message changes nothing')
      for (let length = 0; length < whole.length; length++) must(read(input.subarray(0, length)) === 'short', 'a beginning is short')
      return 'read'
    })
    return ends.join(' ')
  },
}

export const socksDatagram: FuzzTarget = {
  name: 'socks5-datagram',
  seeds: ['192.0.2.1', 'example.com', '2001:db8::1'].map((host) =>
    Buffer.concat([encodeDatagramHeader({ host, port: 53 }), bytesOf('payload')]),
  ),
  words: [],
  run(input) {
    const datagram = readDatagram(input)
    if (datagram === undefined) return 'dropped'
    must(datagram.payload.length < input.length, 'the payload is inside')
    const target = targetOf(datagram.host, datagram.port)
    if (target === undefined) return 'no target'
    const again = readDatagram(encodeDatagramHeader(target))
    must(
      again !== undefined && targetOf(again.host, again.port)?.host === target.host && again.port === target.port,
      'a header is read back',
    )
    return 'target'
  },
}

/** Method, URL and headers, a line each. */
export const httpForm: FuzzTarget = {
  name: 'http-form',
  seeds: ['GET\nhttp://example.com/a?b\nconnection: x\nx: 1', 'OPTIONS\nhttp://[::1]:8080\nhost: y', 'CONNECT\nexample.com:443\nte: z'].map(
    bytesOf,
  ),
  words: [
    'http://',
    'HTTP://',
    '//',
    '@',
    ':',
    ':80',
    '[',
    ']',
    '[::1]',
    '%00',
    '%0d%0a',
    '#',
    '?',
    '\\',
    ' ',
    '\t',
    'localhost',
    '127.1',
    '0',
  ].map(bytesOf),
  run(input) {
    const [method = '', url = '', ...lines] = textOf(input).split('\n')
    const form = parseAbsoluteForm(method, url)
    if (form !== undefined) {
      must(/^(?:\/|\*$)[!-~\x80-\xff]*$/.test(form.path), 'a path has no space and no line end')
      must(/^[\w.:[\]-]+$/.test(form.host), 'a Host header is a host')
    }
    const authority = parseAuthority(url)
    const raw = lines.flatMap((line) => [line.split(':')[0] ?? '', line])
    const kept = endToEndHeaders(raw, lines[0])
    must(kept.length % 2 === 0 && kept.length <= raw.length, 'headers stay pairs')
    must(!kept.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'transfer-encoding'), 'nothing of one hop goes to the next')
    return `${form === undefined ? 'no form' : 'form'} ${authority === undefined ? 'no authority' : 'authority'}`
  },
}

const CONFIG = {
  version: 1,
  domain: 'www.example.org',
  address: 'www.example.org:443',
  listen: '0.0.0.0:443',
  path: '/live',
  cover: { folder: 'site' },
  tls: { certificate: 'cert.pem', key: 'key.pem', made: true },
  keys: 'keys.json',
}

export const relayConfig: FuzzTarget = {
  name: 'relay-config',
  seeds: [
    CONFIG,
    { ...CONFIG, behind: 'nginx', listen: '127.0.0.1:8080', cover: { url: 'https://example.org/' } },
    {
      ...CONFIG,
      version: 2,
      edges: [{ name: 'a.example', address: 'a.example:443', host: 'b.example', carriers: ['http'], pin: 'A'.repeat(43) }],
    },
  ].map((config) => bytesOf(JSON.stringify(config))),
  words: [
    '"__proto__":',
    '"constructor":',
    'null',
    '{}',
    '[',
    '"',
    '1e999',
    '-1',
    '"behind":"caddy",',
    '"[::1]:0"',
    '":443"',
    '"/../"',
    'true',
    '\\ud800',
    '\\u0000',
  ].map(bytesOf),
  run(input) {
    try {
      const config = parseConfig(textOf(input), '/relay')
      must(
        JSON.stringify(parseConfig(encodeConfig(config, '/relay'), '/relay')) === JSON.stringify(config),
        'what was read is written and read back',
      )
      return 'config'
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      return error.message.slice(0, 60)
    }
  },
}

export const relayKeys: FuzzTarget = {
  name: 'relay-keys',
  seeds: [{ version: 1, private: 'A'.repeat(43), public: 'A'.repeat(43), psk: 'A'.repeat(43) }].map((one) => bytesOf(JSON.stringify(one))),
  words: ['A'.repeat(43), '-'.repeat(43), '"private":', '[]', 'null'].map(bytesOf),
  run: (input) => (decodeRelayKeys(textOf(input)) === undefined ? 'refused' : 'read'),
}
