import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeTrusted, trusted } from '../../../../client/desktop/update/trusted.ts'
import { Program } from '../../../e2e/program.ts'

const SIGN = join(import.meta.dirname, '../../../../client/desktop/update/sign.ts')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-sign-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function signer(
  passphrase: string,
  ...args: readonly string[]
): Promise<{ code: number | undefined; stdout: string; stderr: string }> {
  const program = new Program([process.execPath, SIGN, ...args], { folder, input: `${passphrase}\n` })
  const { code } = await program.ended
  return { code, stdout: program.stdout, stderr: program.stderr }
}

describe('the maintainers’ command', () => {
  test('has told this copy nobody to trust', () => {
    expect(trusted).toBeUndefined()
  })

  test('makes keys, a release that two sign, and a change of keys, as an app believes them', async () => {
    const [ada, ben, cy] = await Promise.all(
      ['ada', 'ben', 'cy'].map(async (name) => (await signer(name, 'keygen', `${name}.pem`)).stdout.trim()),
    )
    expect(statSync(join(folder, 'ada.pem')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'ada.pem'), 'utf8')).toContain('ENCRYPTED')
    await signer('', 'keys', '--number', '1', '--threshold', '2', '--key', `${ada}`, '--key', `${ben}`, '--out', 'first.json')
    writeFileSync(join(folder, 'culvert.deb'), 'installer')
    const release = [
      'release',
      '--number',
      '1',
      '--version',
      '0.2.0',
      '--days',
      '60',
      '--file',
      'linux-x64-deb=culvert.deb',
      '--out',
      'culvert.update',
    ]
    expect((await signer('', ...release)).code).toBe(0)
    expect((await signer('ada', 'sign', 'ada.pem', 'culvert.update')).stdout).toContain('Signed as release: 1 signatures')
    const verify = ['verify', 'culvert.update', '--first-keys', 'first.json']
    expect((await signer('', ...verify)).stderr).toContain('refuse this: not-signed')
    await signer('ben', 'sign', 'ben.pem', 'culvert.update')
    expect((await signer('', ...verify)).stdout).toContain('would believe this: release 0.2.0')

    await signer('', 'trust', '--first-keys', 'first.json', '--url', 'https://example.com/culvert/', '--out', 'trusted.json')
    const written = decodeTrusted(JSON.parse(readFileSync(join(folder, 'trusted.json'), 'utf8')))
    expect(written).toMatchObject({ url: 'https://example.com/culvert/', keys: { threshold: 2, keys: [ada, ben] } })

    await signer('', 'keys', '--number', '2', '--threshold', '2', '--key', `${ben}`, '--key', `${cy}`, '--out', 'second.json')
    for (const name of ['ada', 'ben', 'cy']) await signer(name, 'sign', `${name}.pem`, 'second.json')
    await signer('', ...release, '--rotation', 'second.json')
    for (const name of ['ben', 'cy']) await signer(name, 'sign', `${name}.pem`, 'culvert.update')
    expect((await signer('', ...verify)).stdout).toContain('would believe this')
  })

  test('refuses what would be no use, in one sentence', async () => {
    await signer('x', 'keygen', 'x.pem')
    writeFileSync(join(folder, 'bad name.deb'), 'x')
    const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
      ['', ['keygen', 'y.pem'], /passphrase/],
      ['x', ['keygen', 'x.pem'], /is there already/],
      ['', ['keys', '--number', '1', '--threshold', '3', '--key', 'A'.repeat(43), '--out', 'k'], /not keys of a set/],
      ['', ['release', '--number', '1', '--version', '0.2', '--days', '1', '--out', 'r'], /three numbers/],
      ['', ['release', '--number', '0', '--version', '0.2.0', '--days', '1', '--out', 'r'], /--number/],
      [
        '',
        ['release', '--number', '1', '--version', '0.2.0', '--days', '1', '--file', 'linux-x64-deb=bad name.deb', '--out', 'r'],
        /--file/,
      ],
      [
        '',
        ['release', '--number', '1', '--version', '0.2.0', '--days', '1', '--file', 'linux-x64-deb=gone.deb', '--out', 'r'],
        /can’t be read/,
      ],
      ['wrong', ['sign', 'x.pem', 'culvert.update'], /passphrase is another/],
      ['x', ['sign', 'x.pem', 'x.pem'], /no set of keys and no release/],
      ['', ['trust', '--first-keys', 'culvert.update', '--url', 'http://example.com/', '--out', 't'], /--url/],
      ['', ['--what'], /what/],
    ]
    await Promise.all(
      cases.map(async ([passphrase, args, sentence]) => {
        const { code, stderr } = await signer(passphrase, ...args)
        expect([args, code, stderr]).toEqual([args, 1, expect.stringMatching(sentence)])
        expect(stderr).not.toMatch(/\n\s+at /)
      }),
    )
  })
})
