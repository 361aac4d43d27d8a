// `npm run check`: types, style, tidiness and the fast tests. Everything is run even when something fails, to be mended in one go. Arguments after
// `npm run check --` name the checks to run, when not all.
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname } from 'node:path'

const BIN = 'node_modules/.bin'

interface Outcome {
  readonly ok: boolean
  readonly text: string
}

/** Each folder's tsconfig.json gives it only the globals that its code may know, so each is checked by itself. */
async function checkTypes(): Promise<Outcome> {
  const configs = globSync('**/tsconfig.json', { exclude: ['node_modules'] })
  const outcomes = await Promise.all(configs.map((config) => run('tsc', '-p', dirname(config), '--noEmit', '--pretty', 'false')))
  return { ok: outcomes.every(({ ok }) => ok), text: outcomes.map(({ text }) => text).join('') }
}

function run(program: string, ...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(`${BIN}/${program}`, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    child.on('close', (status) => resolve({ ok: status === 0, text }))
  })
}

const CHECKS: readonly (readonly [string, () => Promise<Outcome>])[] = [
  ['types', checkTypes],
  ['style', () => run('biome', 'check', '--colors=off', '--error-on-warnings', '--max-diagnostics=40', '.')],
  ['fast tests', () => run('vitest', 'run', '--project', 'fast', '--no-color')],
]

const wanted = process.argv.slice(2)
let ok = true
for (const [name, check] of CHECKS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const began = Date.now()
  const outcome = await check()
  ok &&= outcome.ok
  console.log(`${outcome.ok ? 'ok    ' : 'FAILED'} ${name} ${((Date.now() - began) / 1000).toFixed(1)} s`)
  if (!outcome.ok) console.log(outcome.text)
}
process.exit(ok ? 0 : 1)
