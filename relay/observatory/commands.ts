// The observatory's commands that fill and keep its store: culvert-relay observatory collect, demo-data, backup, restored, migrate. What they need is loaded
// when they run: a relay needs none of it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { parseHostPort } from '../host-port.ts'
import { OperatorError, option } from '../operator-error.ts'
import { replaceFile } from '../replace-file.ts'
import type { Store } from '../store/store.ts'
import { isPostgres } from '../store/where.ts'
import { addDays, dayOf } from './spans.ts'
import type { ObservatoryTables } from './tables.ts'

const STORE_OPTION = ['--store <file|url>', 'where it keeps its rows: a file, or postgres://…'] as const

export function addStoreCommands(observatory: Command): void {
  observatory
    .command('collect')
    .description('Take what relays count and clients report, and release what is due. Behind a web server that has a certificate.')
    .requiredOption(...STORE_OPTION)
    .option('--listen <host:port>', 'where relays reach it, through the web server', '127.0.0.1:8090')
    .option('--report-key <file>', 'the key that opens reports; made where there is none', 'report-key.pem')
    .option('--at-risk <XX,…>', 'the countries whose figures come four weeks later (default: those that docs/PRIVACY.md names)')
    .option('--json', 'say what happens as JSON lines', false)
    .action(async (options: { store: string; listen: string; reportKey: string; atRisk?: string; json: boolean }) => {
      const { host, port } = option('--listen', () => parseHostPort(options.listen, 0))
      const atRisk = options.atRisk?.split(',').map((code) => code.trim())
      if (atRisk?.some((code) => !/^[A-Z]{2}$/.test(code)))
        throw new OperatorError('--at-risk must be countries by two letters, such as AA,BB.')
      const { runCollector } = await import('./collect/run.ts')
      const say = (event: Readonly<Record<string, string | number>>, sentence: string): void =>
        void process.stdout.write(options.json ? `${JSON.stringify(event)}\n` : `${sentence}\n`)
      await runCollector({ store: options.store, host, port, reportKeyFile: options.reportKey, atRisk, say })
    })
  observatory
    .command('join')
    .description('Have a relay count for an observatory, and say the key by which its people put it on their roll.')
    .requiredOption('--dir <folder>', 'the folder that init made')
    .requiredOption('--collector <url>', 'where that observatory takes counts')
    .option('--report-key <key>', 'the key that collector says: clients that opted in may hand in reports, sealed for it')
    .action(async (options: { dir: string; collector: string; reportKey?: string }) => {
      const { parseCensusSettings, SETTINGS_FILE } = await import('./counting/census.ts')
      const { loadConfig, loadKeys } = await import('../config.ts')
      const { relayIdentity } = await import('../keys.ts')
      const text = `${JSON.stringify({ collector: options.collector, reportKey: options.reportKey })}\n`
      parseCensusSettings(text)
      const { publicKey } = relayIdentity(loadKeys(loadConfig(options.dir)))
      replaceFile(join(options.dir, SETTINGS_FILE), text)
      process.stdout.write(
        `${publicKey}\nThe relay counts from its next start on: countries and sums, in memory. docs/PRIVACY.md says what becomes of them.\n`,
      )
    })
  addKeepingCommands(observatory)
}

function addKeepingCommands(observatory: Command): void {
  observatory
    .command('demo-data')
    .description('Fill an empty store with a made-up world, marked as such, to see what the pages look like.')
    .requiredOption(...STORE_OPTION)
    .option('--days <count>', 'how many days it has', '365')
    .option('--countries <count>', 'how many countries', '100')
    .option('--seed <text>', 'the same seed makes the same world', 'culvert')
    .action(async (options: { store: string; days: string; countries: string; seed: string }) => {
      const days = wholeNumber('--days', options.days, 31, 1_200)
      const countryCount = wholeNumber('--countries', options.countries, 4, 100)
      await usingNew(options.store, async ({ db }) => {
        const { fillWithDemo } = await import('./demo/data.ts')
        if (!(await fillWithDemo(db, { seed: options.seed, until: addDays(dayOf(Date.now()), -3), days, countryCount })))
          throw new OperatorError('A made-up world is in the store already.')
      })
      process.stdout.write(
        `A made-up world of ${countryCount} countries and ${days} days is in the store. It says of itself that it is synthetic.\n`,
      )
    })
  observatory
    .command('backup')
    .description('Copy a store that is a file, while it is in use, into a new file.')
    .requiredOption(...STORE_OPTION)
    .requiredOption('--to <file>', 'the new file')
    .action(async (options: { store: string; to: string }) => {
      const { backUp } = await import('./backups.ts')
      await using(options.store, (store) => backUp(store, options.to, Date.now()))
      process.stdout.write(
        `The backup is ${options.to}: put it in the store’s place if that is lost. It holds raw counts too, so keep it for a day and no longer.\n`,
      )
    })
  observatory
    .command('restored')
    .description(
      'Say of a store that was put back from a copy of pg_dump that it was: what was due meanwhile is never drawn again. Copies by backup know.',
    )
    .requiredOption(...STORE_OPTION)
    .action(async (options: { store: string }) => {
      const { markCopy } = await import('./backups.ts')
      await using(options.store, ({ db }) => markCopy(db, Date.now()))
      process.stdout.write('The next collector on it releases nothing that was due until then.\n')
    })
  observatory
    .command('migrate')
    .description('Bring a store to what an earlier version knows, before that version is put back. Starting a version brings it forward.')
    .requiredOption(...STORE_OPTION)
    .requiredOption('--to <step>', 'the last step that stays, or none')
    .action(async (options: { store: string; to: string }) => {
      const { migrateTo } = await import('../store/migrate.ts')
      const { OBSERVATORY } = await import('./tables.ts')
      await using(options.store, ({ db }) => migrateTo(db, OBSERVATORY, options.to))
      process.stdout.write(`The store stands at ${options.to}.\n`)
    })
}

/** Opens a store that is there for as long as the work takes: a name that was mistyped must not look like a store without numbers. */
export async function using<T>(where: string, work: (store: Store<ObservatoryTables>) => Promise<T>): Promise<T> {
  if (!isPostgres(where) && !existsSync(where))
    throw new OperatorError(`There is no store ${where}. One is made by “observatory collect”, “demo-data” and “act admin-add”.`)
  return usingNew(where, work)
}

/** Opens it, or makes it where there is none. */
export async function usingNew<T>(where: string, work: (store: Store<ObservatoryTables>) => Promise<T>): Promise<T> {
  const { openStore } = await import('../store/store.ts')
  const { OBSERVATORY } = await import('./tables.ts')
  const store = await openStore<ObservatoryTables>(where, OBSERVATORY)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new OperatorError(`${name} must be a whole number from ${least} to ${most}, but is “${text}”.`)
  return value
}
