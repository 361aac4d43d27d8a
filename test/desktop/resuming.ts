// An Electron app that only runs an engine's process: tells it what a shell tells, has it die, and writes what the next one is told to stdout, a line each.
import { join } from 'node:path'
import { app } from 'electron'
import { EngineProcess } from '../../client/desktop/engine-process.ts'

process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack}\n`)
  app.exit(1)
})

void app.whenReady().then(() => {
  let began = 0
  const engine: EngineProcess = new EngineProcess({
    file: join(app.getAppPath(), 'engine.cjs'),
    shell: {
      notify: (told: object) => {
        if (began < 2) return
        process.stdout.write(`${JSON.stringify(told)}\n`)
        if ('last' in told) app.exit(0)
      },
    } as never,
    introduce: async () => {
      began++
      return {} as never
    },
    onStatus: () => undefined,
    onLost: () => app.exit(1),
  })
  engine.tell({ event: 'opened', text: 'culvert:A' })
  engine.tell({ event: 'notice', code: 'still-running' })
  engine.tell({ event: 'update', status: { state: 'checking' } })
  engine.tell({ event: 'update', status: { state: 'ready', version: '2.0.0' } })
  // It dies of the first, as all that it was told before is told; the second is told that it was the last.
  void engine.send('connect', 'die').then(() => engine.send('connect', 'last'))
})
