// Where the time goes: one download through a relay and a client that write V8 CPU profiles, read back as the functions that took most.

import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { runLoad } from './load.ts'
import { openPlace, type Workshop } from './place.ts'
import { culvert } from './product.ts'
import { table } from './report.ts'
import { Stage } from './stage.ts'

export interface Profile {
  readonly program: string
  /** Functions by their own time, most first. */
  readonly functions: readonly { readonly name: string; readonly place: string; readonly share: number }[]
}

/** The parts of V8's .cpuprofile format that count here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const SHOWN = 15

/** Profiles one download of `bytes` on both sides. */
export async function profileDownload(workshop: Workshop, bytes: number): Promise<readonly Profile[]> {
  const folders = { client: join(workshop.folder, 'profile-client'), server: join(workshop.folder, 'profile-server') }
  // A relay that root started becomes another user before it writes its profile.
  chmodSync(workshop.folder, 0o755)
  for (const folder of Object.values(folders)) {
    mkdirSync(folder, { recursive: true })
    chmodSync(folder, 0o777)
  }
  const flags = (folder: string): readonly string[] => ['--cpu-prof', `--cpu-prof-dir=${folder}`]
  const peer = culvert({ client: flags(folders.client), server: flags(folders.server) })
  const place = await openPlace('near', workshop)
  const stage = new Stage(place, 'profile')
  const way = await peer.start(stage)
  await runLoad({ name: peer.name, stage, way }, 'down', bytes, 1)
  await stage.stop()
  await place.close()
  return [
    { program: 'relay', functions: selfTimes(readProfile(folders.server)) },
    { program: 'client', functions: selfTimes(readProfile(folders.client)) },
  ]
}

/** Functions by self time as a share of all that was not idle. */
export function selfTimes(profile: CpuProfile): Profile['functions'] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const totals = new Map<string, { readonly name: string; readonly place: string; microseconds: number }>()
  let busy = 0
  for (const [index, id] of profile.samples.entries()) {
    const frame = frames.get(id)
    const microseconds = Math.max(0, profile.timeDeltas[index] ?? 0)
    if (frame === undefined || frame.functionName === '(idle)') continue
    busy += microseconds
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName
    const place = frame.url === '' ? '' : `${basename(frame.url)}:${frame.lineNumber + 1}`
    const total = totals.get(`${name} ${place}`) ?? { name, place, microseconds: 0 }
    total.microseconds += microseconds
    totals.set(`${name} ${place}`, total)
  }
  const most = [...totals.values()].toSorted((a, b) => b.microseconds - a.microseconds).slice(0, SHOWN)
  return most.map(({ name, place, microseconds }) => ({ name, place, share: microseconds / busy }))
}

export function profileTable({ program, functions }: Profile): string {
  const lines = functions.map(({ name, place, share }) => [`\`${name}\``, place, `${(share * 100).toFixed(1)} %`])
  return `### The ${program}\n\n${table(['function', 'where', 'own time'], lines)}`
}

function readProfile(folder: string): CpuProfile {
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'))
  if (file === undefined) throw new Error('a program wrote no profile: it did not end by itself')
  return JSON.parse(readFileSync(join(folder, file), 'utf8'))
}
