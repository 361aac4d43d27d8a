// npm run lab: a censored country to play with. It has relays, edges, sites and a censor whose recipes you apply and lift while things run.
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { EDGES, type EdgeName, HOSTS, type HostName, NAMES, PLACES } from './atlas.ts'
import { type Country, raise } from './country.ts'
import { RECIPES, recipeNamed } from './recipes/all.ts'
import { measureRows, table, writeDocument } from './report.ts'
import { ROWS } from './scenarios.ts'

interface Options {
  readonly recipe?: string
  readonly list?: true
  readonly report?: true
  readonly only?: string
  readonly write?: true
  readonly delay?: string
  readonly loss?: string
}

const HELP = `  list                  the recipes
  apply NAME            apply a recipe, also in the middle of flows
  lift [NAME]           lift one, or all
  rules                 the censor's rules, with what they have counted
  connect [EDGE...]     start culvert connect in the country, by an invite to relay A and these edges (${Object.keys(EDGES).join(', ')})
  get URL [PROXY]       download from inside the country, without or through a proxy such as socks5h://127.0.0.1:1080
  run HOST PROGRAM...   run a program on ${HOSTS.join(', ')}
  quit`

const command = new Command('npm run lab --')
  .description('A censored country in network namespaces, to play with. Linux; as root or in a user namespace.')
  .option('--recipe <name>', 'apply this recipe at the start')
  .option('--list', 'say which recipes there are')
  .option('--delay <ms>', 'one-way delay between the censor and abroad (needs cc)')
  .option('--loss <percent>', 'loss there')
  .option('--report', 'measure what survives what, and print the table')
  .option('--only <text>', 'with --report: rows whose name holds this text')
  .option('--write', 'with --report: write these rows into docs/RESILIENCE.md')

const options = command.parse().opts<Options>()
const say = (line: string): void => void process.stdout.write(`${line}\n`)

try {
  if (options.list) listRecipes()
  else if (options.report) await report()
  else await play()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

function listRecipes(): void {
  for (const { name, verdict, sentence } of RECIPES) say(`${name.padEnd(22)} ${verdict.padEnd(10)} ${sentence}`)
}

async function report(): Promise<void> {
  const measured = await measureRows(ROWS, say, options.only)
  say(`\n${table(measured)}`)
  if (options.write) writeDocument(measured)
  if (measured.results.some(({ pass }) => !pass)) process.exitCode = 1
}

/** Until the input ends or says quit. A signal ends this process, and with it the country. */
async function play(): Promise<void> {
  const wanted = options.recipe === undefined ? undefined : known(options.recipe)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
  const { delay, loss } = options
  const isSlow = delay !== undefined || loss !== undefined
  const country = await raise(isSlow ? { cables: { abroad: { delayMs: Number(delay ?? 0), lossPercent: Number(loss ?? 0) } } } : {})
  try {
    await furnish(country)
    if (wanted !== undefined) await country.censor.apply(wanted)
    say(`\n${HELP}\n`)
    process.stdout.write('> ')
    for await (const line of createInterface({ input: process.stdin })) {
      const words = line.trim().split(/\s+/)
      if (words[0] === 'quit' || words[0] === 'exit') break
      await obey(country, words).catch((error: Error) => say(error.message))
      process.stdout.write('> ')
    }
  } finally {
    await country.close()
  }
}

async function furnish(country: Country): Promise<void> {
  await Promise.all([country.relayA.serve(), country.relayB.serve()])
  // An edge whose programs are not here is told of, and missed by nobody.
  const edges = Object.values(country.edges).map((edge) => edge.serve(country.relayA).catch((error: Error) => say(error.message)))
  await Promise.all(edges)
  for (const [place, { v4, v6 }] of Object.entries(PLACES)) say(`${place.padEnd(12)} ${v4.padEnd(14)} ${v6.padEnd(16)} ${nameOf(place)}`)
  say(`\nInvites to relay A: ${country.invite(country.relayA)}`)
}

async function obey(country: Country, [verb = '', ...words]: readonly string[]): Promise<void> {
  const [first = '', second] = words
  switch (verb) {
    case '':
      return
    case 'list':
      return listRecipes()
    case 'apply':
      return country.censor.apply(known(first))
    case 'lift':
      return country.censor.lift(first === '' ? undefined : known(first))
    case 'rules':
      return say(await country.censor.rules())
    case 'connect':
      return connect(country, words as readonly EdgeName[])
    case 'get':
      return say(JSON.stringify(await country.download(first, { timeoutS: 30, more: second === undefined ? [] : ['--proxy', second] })))
    case 'run': {
      if (!HOSTS.includes(first as HostName)) throw new Error(`There is no host ${first}.`)
      const { code, stdout, stderr } = await country.exec(first as HostName, words.slice(1))
      return say(`${stdout}${stderr}${code === 0 ? '' : `ended with ${code ?? 'a signal'}`}`)
    }
    default:
      return say(HELP)
  }
}

async function connect(country: Country, names: readonly EdgeName[]): Promise<void> {
  const edges = names.map((name) => country.edges[name] ?? fail(`There is no edge ${name}.`))
  const { socks, http } = await country.connect(country.invite(country.relayA, { edges }))
  say(`Inside the country: socks5h://${socks} and http://${http}`)
}

function known(name: string): (typeof RECIPES)[number] {
  return recipeNamed(name) ?? fail(`There is no recipe ${name}; --list names them.`)
}

function nameOf(place: string): string {
  return (NAMES as Readonly<Record<string, string>>)[place] ?? ''
}

function fail(sentence: string): never {
  throw new Error(sentence)
}
