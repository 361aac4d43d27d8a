// The commands of people who answer for what is published: observatory key, act, suspicions, import, audit. What they do is signed by a key in a file of theirs.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { OperatorError } from '../../operator-error.ts'
import { Refused } from '../collect/fields.ts'
import { using, usingNew } from '../commands.ts'
import { exportPublicKey } from '../records.ts'
import { ACTIONS, type Action } from './actions.ts'
import { adminLimits } from './limits.ts'

const STORE = ['--store <file|url>', 'where the observatory keeps its rows: a file, or postgres://…'] as const

export function addAdminCommands(observatory: Command): void {
  observatory
    .command('key')
    .description('Make a key to sign with, in a file that only you can read, and say its public half.')
    .requiredOption('--to <file>', 'the new file')
    .action((options: { to: string }) => {
      const { privateKey } = generateKeyPairSync('ed25519')
      writeNew(options.to, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
      process.stdout.write(`${exportPublicKey(privateKey)}\n`)
    })
  observatory
    .command('act')
    .description(`Sign and do one thing: ${ACTIONS.join(', ')}. On an empty roll the first is admin-add, of oneself.`)
    .argument('<action>', 'what is done')
    .argument('<file>', 'a JSON file that says it; docs/PRIVACY.md has the fields')
    .requiredOption(...STORE)
    .requiredOption('--as <name>', 'your name on the roll')
    .requiredOption('--key <file>', 'your key')
    .action(async (name: string, file: string, options: { store: string; as: string; key: string }) => {
      const action = ACTIONS.find((one) => one === name)
      if (action === undefined) throw new OperatorError(`There is no action “${name}”. There are ${ACTIONS.join(', ')}.`)
      const said = await inWords(() => actFrom(action, file, options))
      process.stdout.write(`${said}\n`)
    })
  observatory
    .command('import')
    .description('Read public signals of shutdowns from a file, as suspicions that a person is to look at. Nothing is fetched.')
    .argument('<format>', 'ioda (outage events), ooni (aggregation by day and country) or radar (outage annotations)')
    .argument('<file>', 'what that API answered')
    .requiredOption(...STORE)
    .action(async (format: string, file: string, options: { store: string }) => {
      const { FORMATS, readSignals } = await import('../evidence/imports.ts')
      const { keepSuspicions } = await import('../evidence/suspect.ts')
      const known = FORMATS.find((one) => one === format)
      if (known === undefined) throw new OperatorError(`There is no format “${format}”. There are ${FORMATS.join(', ')}.`)
      const found = await inWords(() => Promise.resolve(readSignals(known, read(file, adminLimits.importBytesMax))))
      const count = await using(options.store, ({ db }) => keepSuspicions(db, found))
      process.stdout.write(`${found.length} signals were read, ${count} are new.\n`)
    })
  observatory
    .command('suspicions')
    .description('List what a person should look at: an event is signed for it, or it is dismissed.')
    .requiredOption(...STORE)
    .action(async (options: { store: string }) => {
      const rows = await using(options.store, ({ db }) =>
        db.selectFrom('roll_suspicions').selectAll().orderBy('day', 'desc').orderBy('country').execute(),
      )
      for (const { id, country, kind, day, says, url, sample } of rows)
        process.stdout.write(
          `${day} ${country} ${kind}${sample === 1 ? ' (a sample, nothing that happened)' : ''}: ${says} ${url}\n  ${id}\n`,
        )
      if (rows.length === 0) process.stdout.write('There are none.\n')
    })
  observatory
    .command('audit')
    .description('Show who did what, and whether the log is whole.')
    .requiredOption(...STORE)
    .action(async (options: { store: string }) => {
      const { brokenAuditLine } = await import('./act.ts')
      await using(options.store, async ({ db }) => {
        const rows = await db.selectFrom('roll_audit').selectAll().orderBy('number').execute()
        for (const { number, at, name, action, body } of rows) process.stdout.write(`${number} ${at} ${name} ${action} ${body}\n`)
        const broken = await brokenAuditLine(db)
        if (broken !== undefined) throw new OperatorError(`The log is not whole: line ${broken} does not follow from the one before it.`)
        process.stdout.write(`The log is whole: ${rows.length} lines.\n`)
      })
    })
}

async function actFrom(
  action: Action,
  file: string,
  options: { readonly store: string; readonly as: string; readonly key: string },
): Promise<string> {
  const { act, signAction } = await import('./act.ts')
  const { parseJson } = await import('../collect/fields.ts')
  const value = parseJson(read(file, adminLimits.bodyBytesMax))
  const key = readKey(options.key)
  return await (action === 'admin-add' ? usingNew : using)(options.store, async ({ db }) => {
    const signed = await signAction(db, action, value, options.as, key, Date.now())
    await act(db, signed, Date.now())
    const { id } = JSON.parse(signed.body) as { readonly id?: string }
    return `Done and signed by ${options.as}${id === undefined ? '' : `: ${id}`}.`
  })
}

async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Refused ? new OperatorError(`It was not done: ${error.message}.`, { cause: error }) : error
  }
}

function readKey(file: string): KeyObject {
  try {
    const key = createPrivateKey(read(file, adminLimits.bodyBytesMax))
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    if (error instanceof OperatorError) throw error
  }
  throw new OperatorError(`${file} is not a key that “observatory key” made.`)
}

function read(file: string, bytesMax: number): string {
  try {
    if (statSync(file).size <= bytesMax) return readFileSync(file, 'utf8')
  } catch (error) {
    throw new OperatorError(`${file} can’t be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error })
  }
  throw new OperatorError(`${file} is too large.`)
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new OperatorError(`${file} can’t be written (${(error as NodeJS.ErrnoException).code}).`, { cause: error })
  }
}
