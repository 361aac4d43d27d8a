import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endToEndHeaders, isOwnAddress, parseAbsoluteForm, parseAuthority } from '../../../client/engine/proxy/http-form.ts'

describe('the absolute form', () => {
  test.each([
    ['http://example.org/', 'example.org', 80, 'example.org', '/'],
    ['http://example.org', 'example.org', 80, 'example.org', '/'],
    ['HTTP://Example.ORG:80/a?b=c', 'example.org', 80, 'example.org', '/a?b=c'],
    ['http://example.org:8080?q', 'example.org', 8080, 'example.org:8080', '/?q'],
    ['http://[2001:DB8::1]:81/x', '2001:db8::1', 81, '[2001:db8::1]:81', '/x'],
    ['http://192.0.2.1/http://other/', '192.0.2.1', 80, '192.0.2.1', '/http://other/'],
    ['http://example.org/../%2e%2e//x', 'example.org', 80, 'example.org', '/../%2e%2e//x'],
  ])('%s is read as it stands', (url, host, port, hostHeader, path) => {
    expect(parseAbsoluteForm('GET', url)).toEqual({ target: { host, port }, host: hostHeader, path })
  })

  test('without a path is the server as a whole for OPTIONS', () => {
    expect(parseAbsoluteForm('OPTIONS', 'http://example.org')?.path).toBe('*')
    expect(parseAbsoluteForm('OPTIONS', 'http://example.org/')?.path).toBe('/')
  })

  test.each([
    '/',
    '*',
    '',
    'example.org:443',
    'https://example.org/',
    'ftp://example.org/',
    'http:///path',
    'http://',
    'http://user:secret@example.org/',
    'http://example.org#fragment',
    'http://example.org/a#fragment',
    'http://example.org/a b',
    'http://example.org/\u0142',
    'http://example.org:0/',
    'http://example.org:65536/',
    'http://example.org:/',
    'http://example.org:80:80/',
    'http://example.org\\@other/',
    'http://[::1/',
    'http://::1/',
    'http://[fe80::1%25eth0]/',
    'http://[example.org]/',
    'http://exa mple/',
    'http://ex%61mple.org/',
    ' http://example.org/',
    'file:///etc/passwd',
  ])('is not %j', (url) => {
    expect(parseAbsoluteForm('GET', url)).toBeUndefined()
  })
})

test('an authority without a port is none for CONNECT', () => {
  expect(parseAuthority('example.org:443')).toEqual({ host: 'example.org', port: 443 })
  expect(parseAuthority('[::1]:443')).toEqual({ host: '::1', port: 443 })
  for (const text of ['example.org', '[::1]', ':443', 'example.org:', 'user@example.org:443', '/', 'http://a:1']) {
    expect(parseAuthority(text)).toBeUndefined()
  }
})

test('no text makes the parsers throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parseAuthority(text)
      parseAbsoluteForm('GET', text)
      parseAbsoluteForm('GET', `http://${text}`)
    }),
  )
})

test('the proxy knows itself under the names that this machine has', () => {
  for (const host of ['127.0.0.1', '127.3.2.1', '::1', 'localhost', 'x.localhost', '0.0.0.0', '::', '192.0.2.7']) {
    expect(isOwnAddress({ host, port: 8118 }, '192.0.2.7', 8118)).toBe(true)
    expect(isOwnAddress({ host, port: 80 }, '192.0.2.7', 8118)).toBe(false)
  }
  expect(isOwnAddress({ host: 'example.org', port: 8118 }, '127.0.0.1', 8118)).toBe(false)
})

test('headers of this hop, and those that Connection names, are dropped; the others keep their order, spelling and repetition', () => {
  const raw = [
    'Set-Cookie',
    'a',
    'connection',
    'X-Hop, close',
    'x-hop',
    '1',
    'Proxy-Authorization',
    'Basic eA==',
    'Set-Cookie',
    'b',
    'TE',
    'trailers',
  ]
  expect(endToEndHeaders([...raw, 'Host', 'h'], 'X-Hop, close', ['host'])).toEqual(['Set-Cookie', 'a', 'Set-Cookie', 'b'])
})
