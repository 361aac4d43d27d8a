// `culvert-relay check`: everything that can be wrong with a relay, in words for the person who runs it.
import { checkFiles } from './check/files.ts'
import type { Finding } from './check/finding.ts'
import { checkDisk, checkMachine, type Machine, thisMachine } from './check/machine.ts'
import { checkNetwork } from './check/network.ts'
import { checkSettings } from './check/settings.ts'

/** Looks at the folder, the machine and the network; changes nothing, and asks nothing but this relay's own name and address. */
export async function checkRelay(dir: string, machine: Machine = thisMachine(Date.now())): Promise<Finding[]> {
  const { findings, config, invite, madeMs } = checkFiles(dir, machine)
  const around = await checkMachine(machine, madeMs)
  return [
    ...findings,
    ...around,
    ...(config ? [checkDisk(dir, machine)] : []),
    ...(config ? [...(await checkSettings(dir, config, machine)), ...(await checkNetwork(dir, config, invite, machine))] : []),
  ]
}

export function isServing(findings: readonly Finding[]): boolean {
  return findings.every((one) => one.level !== 'error')
}

/** A table of what was found, then one sentence that sums it up. width: of the terminal, in characters. */
export function describeFindings(findings: readonly Finding[], width: number): string {
  const marks = { ok: 'ok     ', warning: 'WARNING', error: 'ERROR  ' } as const
  const subjectWidth = Math.max(...findings.map((one) => one.subject.length))
  const margin = ' '.repeat(marks.ok.length + subjectWidth + 4)
  const wrapped = (text: string, first: string, rest: string): string =>
    wrap(text, Math.max(width - margin.length, 30))
      .map((line, n) => (n === 0 ? first : rest) + line)
      .join('\n')
  const rows = findings.flatMap(({ level, subject, says, mend }) => [
    wrapped(says, `${marks[level]}  ${subject.padEnd(subjectWidth)}  `, margin),
    ...(mend === undefined ? [] : [wrapped(mend, `${margin}→ `, `${margin}  `)]),
  ])
  return `${rows.join('\n')}\n\n${summary(findings)}\n`
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level']): number => findings.filter((one) => one.level === level).length
  const [errors, warnings] = [count('error'), count('warning')]
  if (errors > 0) return `${errors === 1 ? 'One thing stops' : `${errors} things stop`} this relay from serving.`
  return warnings > 0 ? `Nothing is broken; ${warnings === 1 ? 'one thing' : `${warnings} things`} to look at.` : 'All is well.'
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
