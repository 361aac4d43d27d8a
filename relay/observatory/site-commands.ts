// The observatory's commands that people see something of: run, report, verify, plan. What they need is loaded when they run.
import process from 'node:process'
import type { Command } from 'commander'
import { OperatorError } from '../operator-error.ts'
import { toSecond } from './closing.ts'
import { using } from './commands.ts'
import type { RunFlags } from './run.ts'
import { isLanguage, LANGUAGES, type Language } from './words/languages.ts'

export function addSiteCommands(observatory: Command): void {
  observatory
    .command('run')
    .description('Serve the public pages, the API and the feed. Ctrl-C or SIGTERM ends it.')
    .option('--store <file|url>', 'where the observatory keeps its rows: a file, or postgres://…')
    .option('--listen <host:port>', 'where to accept visitors', '127.0.0.1:8090')
    .option('--origin <url>', 'what others reach it by, such as https://numbers.example (default: as they ask)')
    .option('--reports <folder>', 'where signed reports lie')
    .option('--report-key <key>', 'the key that signs reports, to be shown: Ed25519, base64url')
    .option('--hooks <file>', 'addresses that shutdowns are posted to: JSON, see docs/DASHBOARD.md')
    .option('--demo-data', 'show a made-up year, marked as such on every page; without --store it is kept in memory')
    .option('--json', 'say what happens as JSON lines', false)
    .action(async (flags: RunFlags) => {
      const { runObservatory } = await import('./run.ts')
      await runObservatory(flags)
    })
  addReportCommands(observatory)
}

function addReportCommands(observatory: Command): void {
  observatory
    .command('report')
    .description('Make a month’s report: HTML, PDF, what it was made from, and a signed manifest.')
    .requiredOption('--store <file|url>', 'where the observatory keeps its rows')
    .requiredOption('--month <yyyy-mm>', 'the month')
    .requiredOption('--out <folder>', 'where to put it')
    .requiredOption('--key <file>', 'the Ed25519 key, PEM, that signs; made where there is none')
    .option('--lang <language>', `one of ${LANGUAGES.join(', ')}`, 'en')
    .option('--as-of <time>', 'leave out what was published later, such as 2026-11-05T00:00:00Z (default: now)')
    .option('--no-pdf', 'without a PDF, where there is no Chromium')
    .action(async (flags: { store: string; month: string; out: string; key: string; lang: string; asOf?: string; pdf: boolean }) => {
      const month = monthFlag(flags.month)
      const { makeReport } = await import('./report/make.ts')
      const { reportKey } = await import('./report/sign.ts')
      const asOf = timeFlag(flags.asOf)
      const manifest = await using(flags.store, ({ db }) =>
        makeReport({
          db,
          month,
          asOf,
          language: languageFlag(flags.lang),
          folder: flags.out,
          key: reportKey(flags.key),
          withPdf: flags.pdf,
        }),
      )
      process.stdout.write(`The report of ${month} is in ${flags.out}, signed by ${manifest.publicKey}.\n`)
    })
  observatory
    .command('verify')
    .description('Make a signed report again from what it was made from, and say whether it is equal, or where not.')
    .argument('<report>', 'any file of it, such as culvert-2026-10-en.pdf; the others lie beside it')
    .option('--key <key>', 'the key that it must be signed by: Ed25519, base64url')
    .option(
      '--published <url|folder>',
      'compare with what an observatory gives everybody: its address, or the files of /api/v1/rows that you kept',
    )
    .option('--store <file|url>', 'compare with what is published in this store')
    .option('--json', 'say it as one JSON object', false)
    .action(async (report: string, flags: { key?: string; published?: string; store?: string; json: boolean }) => {
      const { verdictLines, verifyReport } = await import('./report/verify.ts')
      const { Publication } = await import('./publication.ts')
      const asked = { report, ...(flags.key !== undefined && { key: flags.key }) }
      const { published, store } = flags
      if (published !== undefined && store !== undefined) throw new OperatorError('Say --published or --store, not both.')
      const { usingPublished } = await import('./report/published-from.ts')
      const verdicts =
        published !== undefined
          ? await usingPublished(published, (publication) => verifyReport({ ...asked, publication }))
          : store !== undefined
            ? await using(store, ({ db }) => verifyReport({ ...asked, publication: new Publication(db) }))
            : await verifyReport(asked)
      const isEqual = verdicts.every((verdict) => verdict.isEqual)
      process.stdout.write(flags.json ? `${JSON.stringify({ equal: isEqual, verdicts })}\n` : verdictLines(verdicts))
      if (!isEqual) process.exitCode = 1
    })
  observatory
    .command('plan')
    .description('Write a preparedness plan for a grantee, from what culvert rehearse --json said: Markdown, to be filled in and kept.')
    .argument('<rehearsals...>', 'files with the output of culvert rehearse --json, one for each place that was tried')
    .option('--name <organisation>', 'whose plan it is', '…')
    .action(async (files: string[], flags: { name: string }) => {
      const { preparednessPlan } = await import('./report/plan.ts')
      process.stdout.write(preparednessPlan(files, flags.name))
    })
}

function monthFlag(text: string): string {
  if (!/^20\d{2}-(?:0[1-9]|1[0-2])$/.test(text)) throw new OperatorError(`--month must be a month such as 2026-10, but is “${text}”.`)
  return text
}

function languageFlag(text: string): Language {
  if (!isLanguage(text)) throw new OperatorError(`--lang must be one of ${LANGUAGES.join(', ')}, but is “${text}”.`)
  return text
}

function timeFlag(text: string | undefined): string {
  const ms = text === undefined ? Date.now() : Date.parse(text)
  if (Number.isNaN(ms)) throw new OperatorError(`--as-of must be a time such as 2026-11-05T00:00:00Z, but is “${text}”.`)
  if (ms > Date.now()) throw new OperatorError('--as-of is yet to come: what will be published by then is not known.')
  return toSecond(ms)
}
