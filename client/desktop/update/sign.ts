// For maintainers: makes keys and documents, and adds one's signature. docs/UPDATES.md says who does what when; run it with node.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { judge } from './judge.ts'
import { decodeDocument, decodeKeySet, decodeRelease, FILE_NAME, TARGET, type UpdateDocument, VERSION } from './metadata.ts'
import { bytesToSign, checkSigned, type KeySet, type Kind, type Signature, type Signed } from './signed.ts'
import { type Trusted, UPDATE_URL } from './trusted.ts'

const USAGE = `node client/desktop/update/sign.ts COMMAND

  keygen KEY                              makes a maintainer's key, sealed with a passphrase; prints its public half
  keys --number N --threshold K --key PUBLIC … --out FILE
                                          writes who may sign: the first set, which is built into the app, and each later one
  release --number N --version V --days D [--rotation FILE …] --file TARGET=PATH … --out FILE
                                          writes what the newest release is
  sign KEY FILE                           adds one's signature to a set of keys or a release
  trust --first-keys FILE --url URL --out FILE
                                          writes whom an app trusts, and when it is built: client/desktop/update/trusted.json
  verify FILE --first-keys FILE           says what an app with these keys makes of a release

Passphrases are read from the terminal, or from the first line of stdin.
`

/** What a maintainer can mend; shown as one sentence. */
class SigningError extends Error {}

const OPTIONS = {
  number: { type: 'string' },
  threshold: { type: 'string' },
  key: { type: 'string', multiple: true },
  version: { type: 'string' },
  days: { type: 'string' },
  rotation: { type: 'string', multiple: true },
  file: { type: 'string', multiple: true },
  out: { type: 'string' },
  url: { type: 'string' },
  'first-keys': { type: 'string' },
} as const
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values']

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args)
  const [command, first = '', second = ''] = positionals
  if (command === 'keygen') await makeKey(first)
  else if (command === 'keys') writeKeySet(values)
  else if (command === 'release') writeRelease(values)
  else if (command === 'sign') await addSignature(first, second)
  else if (command === 'trust') writeTrusted(values)
  else if (command === 'verify') sayJudgement(first, values)
  else process.stdout.write(USAGE)
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new SigningError((error as Error).message)
  }
}

async function makeKey(file: string): Promise<void> {
  const passphrase = await askPassphrase()
  if (passphrase === '') throw new SigningError('A key without a passphrase could be used by whoever finds it.')
  let { privateKey } = generateKeyPairSync('ed25519')
  // On a command line it would be taken for an option.
  while (publicTextOf(privateKey).startsWith('-')) ({ privateKey } = generateKeyPairSync('ed25519'))
  write(file, privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }), true)
  process.stdout.write(`${publicTextOf(privateKey)}\n`)
}

/** A set that follows another is signed by the keys of both. */
function writeKeySet(values: Values): void {
  const { key = [] } = values
  const text = JSON.stringify({ number: numberOf('number', values.number), threshold: numberOf('threshold', values.threshold), keys: key })
  if (decodeKeySet(text) === undefined)
    throw new SigningError('These are not keys of a set: 1 to 16 different ones, and a threshold among them.')
  write(wanted('out', values.out), spell({ text, signatures: [] } satisfies Signed))
}

function writeRelease(values: Values): void {
  const madeAt = Math.floor(Date.now() / 1000)
  const release = {
    number: numberOf('number', values.number),
    version: wanted('version', values.version),
    madeAt,
    expires: madeAt + numberOf('days', values.days) * 86_400,
    files: (values.file ?? []).map(describeFile),
  }
  if (!VERSION.test(release.version)) throw new SigningError('--version wants three numbers, such as 0.2.0.')
  const text = JSON.stringify(release)
  if (decodeRelease(text) === undefined) throw new SigningError('This is no release: its targets differ, and its days are at least one.')
  const rotations = (values.rotation ?? []).map((file) => readSigned(file))
  write(wanted('out', values.out), spell({ rotations, release: { text, signatures: [] } } satisfies UpdateDocument))
}

function describeFile(spec: string): object {
  const [target = '', ...rest] = spec.split('=')
  const path = rest.join('=')
  const name = basename(path)
  if (!TARGET.test(target) || !FILE_NAME.test(name))
    throw new SigningError('--file wants TARGET=PATH, such as linux-x64-deb=dist/culvert.deb.')
  const bytes = read(path)
  return { target, name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

async function addSignature(keyFile: string, file: string): Promise<void> {
  const json = read(file).toString('utf8')
  const document = decodeDocument(json)
  const signed = document?.release ?? readSigned(file)
  const kind: Kind = document === undefined ? 'keys' : 'release'
  const privateKey = openKey(read(keyFile), await askPassphrase())
  const signature: Signature = {
    key: publicTextOf(privateKey),
    signature: sign(undefined, bytesToSign(kind, signed.text), privateKey).toString('base64url'),
  }
  const added = { ...signed, signatures: [...signed.signatures.filter(({ key }) => key !== signature.key), signature] }
  write(file, spell(document === undefined ? added : { ...document, release: added }))
  process.stdout.write(`Signed as ${kind}: ${added.signatures.length} signatures now.\n${signed.text}\n`)
}

function writeTrusted(values: Values): void {
  const url = wanted('url', values.url)
  if (!UPDATE_URL.test(url)) throw new SigningError('--url wants a folder of a site, such as https://example.com/culvert/.')
  const trusted: Trusted = { url, keys: readFirstKeys(values), builtAt: Math.floor(Date.now() / 1000) }
  write(wanted('out', values.out), spell(trusted))
}

function readFirstKeys(values: Values): KeySet {
  const firstKeys = decodeKeySet(readSigned(wanted('first-keys', values['first-keys'])).text)
  if (firstKeys === undefined) throw new SigningError('--first-keys wants a file that the command keys has written.')
  return firstKeys
}

function sayJudgement(file: string, values: Values): void {
  const firstKeys = readFirstKeys(values)
  const circumstances = { firstKeys, known: undefined, version: '0.0.0', target: 'none-none-none', nowS: Date.now() / 1000, builtAtS: 0 }
  const judgement = judge(read(file).toString('utf8'), circumstances)
  if (!judgement.ok) throw new SigningError(`An app would refuse this: ${judgement.fault}.`)
  process.stdout.write(`An app would believe this: release ${judgement.release.version}, document ${judgement.release.number}.\n`)
}

function openKey(pem: Buffer, passphrase: string): KeyObject {
  try {
    const key = createPrivateKey({ key: pem, passphrase })
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below.
  }
  throw new SigningError('This is no key of ours, or the passphrase is another.')
}

function publicTextOf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url')
}

function readSigned(file: string): Signed {
  try {
    const signed = checkSigned(JSON.parse(read(file).toString('utf8')))
    if (signed !== undefined) return signed.value
  } catch (error) {
    if (error instanceof SigningError) throw error
  }
  throw new SigningError(`${file} is no set of keys and no release.`)
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch {
    throw new SigningError(`${file} can’t be read.`)
  }
}

function write(file: string, text: string | Buffer, isSecret = false): void {
  try {
    writeFileSync(file, text, isSecret ? { mode: 0o600, flag: 'wx' } : {})
  } catch {
    throw new SigningError(`${file} can’t be written${isSecret ? ', or is there already' : ''}.`)
  }
}

function spell(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

function wanted(name: string, value: string | undefined): string {
  if (value === undefined) throw new SigningError(`--${name} is missing.`)
  return value
}

function numberOf(name: string, value: string | undefined): number {
  if (!/^[1-9]\d{0,8}$/.test(value ?? '')) throw new SigningError(`--${name} wants a whole number above zero.`)
  return Number(value)
}

/** Shown to nobody: what is typed is not echoed. */
async function askPassphrase(): Promise<string> {
  process.stderr.write('Passphrase: ')
  const asking = createInterface({ input: process.stdin, terminal: process.stdin.isTTY === true })
  const line = await new Promise<string>((resolve) => {
    asking.once('line', resolve).once('close', () => resolve(''))
  })
  asking.close()
  process.stderr.write('\n')
  return line
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof SigningError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
})
