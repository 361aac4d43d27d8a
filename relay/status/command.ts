// `culvert-relay status`: asks the relay of a folder that runs how it is.
import { statSync } from 'node:fs'
import { get } from 'node:http'
import { resolve } from 'node:path'
import process from 'node:process'
import { checkLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'
import { textOf } from './page.ts'
import type { Report } from './report.ts'
import { STATUS_SOCKET } from './server.ts'

/** Throws OperatorError when no relay of that folder runs, or this user may not ask it. */
export async function askStatus(dir: string): Promise<Report> {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw new OperatorError(`There is no relay in ${resolve(dir)}.`)
  // The names of sockets are short: theirs is asked for by a short way.
  process.chdir(dir)
  return JSON.parse(await ask(dir)) as Report
}

export function sayStatus(report: Report): string {
  return textOf(report)
}

function ask(dir: string): Promise<string> {
  return new Promise((done, fail) => {
    const options = { socketPath: STATUS_SOCKET, path: '/status.json', headers: { Host: 'localhost' }, timeout: checkLimits.questionMs }
    const request = get(options, async (response) => {
      try {
        done((await response.setEncoding('utf8').toArray()).join(''))
      } catch (error) {
        fail(error)
      }
    })
    request.on('timeout', () => request.destroy(new OperatorError('The relay does not answer. Is its machine overloaded?')))
    request.on('error', (error: NodeJS.ErrnoException) => fail(explain(error, dir)))
  })
}

function explain(error: NodeJS.ErrnoException, dir: string): Error {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
    return new OperatorError(`The relay is not running. Start it: culvert-relay run --dir '${dir}'`)
  return error.code === 'EACCES' ? new OperatorError('This user may not ask it: say it as the relay’s user, or as root.') : error
}
