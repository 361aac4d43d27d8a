// What an engine that is started again knows of what was told to the one that died: by a real Electron.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { testRuntime } from '../../client/desktop/build/test-runtime.ts'
import { World } from '../e2e/world.ts'
import { needs } from '../needs.ts'
import { STAGE_MS } from './app.ts'
import { bundleFor, SWITCHES } from './dialer/electron.ts'
import { openDisplay } from './display.ts'

const world = new World()
const folder = mkdtempSync(join(tmpdir(), 'culvert-resuming-'))
const file = (name: string): string => join(import.meta.dirname, name)

describe.runIf(needs('electron'))('an engine that is started again', () => {
  afterAll(async () => {
    await world.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('is told of the update that is there, and of the invite that waits for a word, and not what is over', {
    timeout: STAGE_MS,
  }, async () => {
    const [runtime, display] = await Promise.all([
      testRuntime(),
      openDisplay(),
      bundleFor(folder, { main: file('resuming.ts'), engine: file('resumed-engine.ts') }),
    ])
    world.defer(() => display.close())
    const argv = [runtime, folder, `--user-data-dir=${join(folder, 'user')}`, ...SWITCHES]
    const electron = world.run(argv, { env: { DISPLAY: display.name } })
    const { code } = await electron.ended
    if (code !== 0) throw new Error(`Electron ended: ${electron.stderr}`)
    expect(
      electron.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ event: 'opened', text: 'culvert:A' }, { event: 'update', status: { state: 'ready', version: '2.0.0' } }, { last: true }])
  })
})
