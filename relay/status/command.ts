// `culvert-relay status`: asks the relay of a folder that runs how it is.
import { statSync } from 'node:fs'
import { get } from 'node:http'
import { resolve } from 'node:path'
import process from 'node:process'
import { type CheckLimits, checkLimits, statusLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'
import { textOf } from './page.ts'
import type { Report } from './report.ts'
import { STATUS_SOCKET } from './server.ts'

/** Throws OperatorError when no relay of that folder runs, or this user may not ask it. */
export async function askStatus(dir: string, limits: CheckLimits = checkLimits): Promise<Report> {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw new OperatorError(`There is no relay in ${resolve(dir)}.`)
  // The names of sockets are short: theirs is asked for by a short way.
  process.chdir(dir)
  const text = await ask(dir, limits)
  try {
    const report = JSON.parse(text, (_, value) => (typeof value === 'string' ? value.replace(STEERING, '\ufffd') : value)) as Report
    // What can be said whole is one.
    sayStatus(report)
    return report
  } catch (error) {
    throw new OperatorError('What answers for this relay is no report of this version. Was it started by another one?', { cause: error })
  }
}

export function sayStatus(report: Report): string {
  return textOf(report).replace(STEERING, '\ufffd')
}

/** What asks may be root, and what answers is no more than the relay's user: its words show as words, and steer no terminal. */
const STEERING = /[^\P{C}\n]/gu

function ask(dir: string, { questionMs }: CheckLimits): Promise<string> {
  return new Promise((done, fail) => {
    const signal = AbortSignal.timeout(questionMs)
    const options = { socketPath: STATUS_SOCKET, path: '/status.json', headers: { Host: 'localhost' }, signal }
    const request = get(options, async (response) => {
      let text = ''
      try {
        for await (const more of response.setEncoding('utf8')) {
          text += more
          if (text.length > statusLimits.answerBytesMax)
            throw new OperatorError('What answers for this relay says more than a report can be.')
        }
        done(text)
      } catch (error) {
        fail(explain(error as NodeJS.ErrnoException, dir))
      }
    })
    request.on('error', (error: NodeJS.ErrnoException) => fail(explain(error, dir)))
  })
}

function explain(error: NodeJS.ErrnoException, dir: string): Error {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
    return new OperatorError(`The relay is not running. Start it: culvert-relay run --dir '${dir}'`)
  if (error.name === 'AbortError') return new OperatorError('The relay does not answer. Is its machine overloaded?')
  return error.code === 'EACCES' ? new OperatorError('This user may not ask it: say it as the relay’s user, or as root.') : error
}
