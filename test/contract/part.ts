// One of the processes of `npm run cuts`: tries its share of the places of a setting and direction, and tells of each as it is over; then the next that it is
// given. Ends, with all that it started, when its parent lets it go or is gone.
import { once } from 'node:events'
import { type CutTried, placesInTurn, tryCuts, type World } from './cuts.ts'
import type { Direction } from './path.ts'
import { type Behind, SETTINGS, type Setting } from './settings.ts'

export interface Job {
  readonly setting: string
  readonly direction: Direction
  readonly from: number
  readonly to: number
  /** Which of so many shares. */
  readonly part: number
  readonly parts: number
}

export type Told = CutTried | 'done'

/** Most of them wait for a relay or an edge to notice, for seconds. */
const WORLDS = 512
/** What is not closed by then ends with the process. */
const CLOSE_MS_MAX = 10_000

interface Stage {
  readonly setting: string
  readonly behind: Behind
  readonly worlds: World[]
}

let stage: Stage | undefined
let isStopped = false
// A terminal sends them to all: the parent says what they mean.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('message', (told: Job | 'stop') => {
  isStopped = told === 'stop'
  if (told !== 'stop') void run(told)
})
await once(process, 'disconnect')
isStopped = true
setTimeout(() => process.exit(), CLOSE_MS_MAX).unref()
await strike()
process.exit()

async function run(job: Job): Promise<void> {
  if (stage?.setting !== job.setting) {
    await strike()
    const { begin } = SETTINGS.find(({ name }) => name === job.setting) as Setting
    stage = { setting: job.setting, behind: await begin(), worlds: [] }
  }
  const { behind, worlds } = stage as Stage
  while (worlds.length < Math.min(WORLDS, job.to - job.from) && process.connected) worlds.push(await behind.open())
  await tryCuts(worlds, job.direction, share(job), tell)
  tell('done')
}

/** Ends what the last job stood on. */
async function strike(): Promise<void> {
  await Promise.all(stage?.worlds.map((world) => world.close()) ?? [])
  await stage?.behind.close()
  stage = undefined
}

function* share({ from, to, part, parts }: Job): Iterable<number> {
  let i = 0
  for (const place of placesInTurn(from, to)) {
    if (isStopped) return
    if (i++ % parts === part) yield place
  }
}

/** Whoever is gone can't be told. */
function tell(told: Told): void {
  if (process.connected) process.send?.(told, () => undefined)
}
