// What `npm start` asks of the app: to join an invite and connect at once, and to tell the terminal how it fares. Only an app that runs from its sources does
// so, and only because of its environment, which no link and no web page can set.
import { readFileSync } from 'node:fs'
import { app } from 'electron'
import type { AppStatus } from '../contract/app-status.ts'
import { News } from '../contract/news.ts'
import type { EngineProcess } from './engine-process.ts'

/** Holds the path of the invite. */
const VARIABLE = 'CULVERT_DEMO_INVITE'

/** Returns what is to be told of each status; undefined where nobody asks. */
export function beginDemo(engine: EngineProcess): ((status: AppStatus) => void) | undefined {
  const path = process.env[VARIABLE]
  if (path === undefined || app.isPackaged) return undefined
  const text = readFileSync(path, 'utf8')
  void engine.send('addInvite', { text }).then(() => engine.send('connect', undefined))
  const news = new News()
  return (status) => {
    for (const one of news.of(status)) process.stdout.write(`${JSON.stringify(one)}\n`)
  }
}
