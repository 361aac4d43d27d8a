// The engine's own process: what crashes there takes neither the window nor the settings with it.
//
// 1. started, and told what the shell knows                     #start
// 2. its messages: a status, an outcome, a call to the shell    #take
// 3. it died: what was asked of it fails, it is started again, and connected again where it was     #onExit
// 4. asked to stop: it puts back, saves and ends; or is ended   stop
import { once } from 'node:events'
import { type UtilityProcess, utilityProcess } from 'electron'
import type { AppStatus } from '../contract/app-status.ts'
import type { CommandName, Outcome } from '../contract/commands.ts'
import { type FromEngine, isShellCall, type ToEngine } from '../contract/process-messages.ts'
import type { Shell, ShellEvent } from '../contract/shell.ts'
import { engineProcessLimits } from './limits.ts'

export interface EngineProcessOptions {
  /** The engine's bundle. */
  readonly file: string
  readonly shell: Shell
  readonly onStatus: (status: AppStatus) => void
  /** It is about to begin, the first time or again: the ports of others, and then what it is to know. */
  readonly introduce: (child: UtilityProcess) => Promise<Introduction>
  /** It died too often, and is not started again. */
  readonly onLost: () => void
}

/** What the engine is to know before it begins. */
type Introduction = Omit<Extract<ToEngine, { kind: 'start' }>, 'kind' | 'isResumed'>

const UNREACHABLE = { ok: false, fault: 'unreachable' } as const
const BUSY = { ok: false, fault: 'busy' } as const
/** With these the person is done with what the app was opened with. */
const ANSWERS: ReadonlySet<CommandName> = new Set(['answerOffer', 'forgetEverything'])
/** What the app was opened with, until the person has answered; and an update that is there, which is not looked for again for a day. */
const STANDING: ReadonlySet<ShellEvent['event']> = new Set(['opened', 'update'])

export class EngineProcess {
  readonly #options: EngineProcessOptions
  readonly #asked = new Map<number, (outcome: Outcome<unknown>) => void>()
  #child: UtilityProcess
  #status: AppStatus | undefined
  /** As the last that spoke said: one that dies before it has spoken leaves that to the next. */
  #isOn = false
  #hasBegun = false
  /** Until it has begun. */
  #waiting: ToEngine[] = []
  /** What holds until the shell says otherwise, the last of each kind: each engine that is started is told. */
  readonly #standing = new Map<ShellEvent['event'], ShellEvent>()
  #lastId = 0
  #isStopping = false
  /** Gone, and not started again. */
  #isOver = false
  /** When it crashed, of late. */
  #crashesMs: number[] = []

  constructor(options: EngineProcessOptions) {
    this.#options = options
    this.#child = this.#start(false)
  }

  /** The last that the engine said. */
  get status(): AppStatus | undefined {
    return this.#status
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** The payload has been checked by the table. Never rejects. */
  send(name: CommandName, payload: unknown): Promise<Outcome<unknown>> {
    if (this.#isOver || this.#isStopping) return Promise.resolve(UNREACHABLE)
    if (this.#asked.size >= engineProcessLimits.commandsMax) return Promise.resolve(BUSY)
    const id = ++this.#lastId
    return new Promise((resolve) => {
      this.#asked.set(id, (outcome) => {
        if (ANSWERS.has(name) && outcome !== UNREACHABLE) this.#standing.delete('opened')
        resolve(outcome)
      })
      this.#post({ kind: 'command', id, name, payload })
    })
  }

  tell(event: ShellEvent): void {
    if (STANDING.has(event.event)) this.#standing.set(event.event, event)
    // An engine that is lost tells the screens nothing any more.
    if (this.#isOver && event.event === 'system-proxy') this.#show({ systemProxy: event.status })
    this.#post({ kind: 'event', event })
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    if (this.#isStopping || this.#isOver) return
    this.#isStopping = true
    const gone = once(this.#child, 'exit')
    const late = setTimeout(() => this.#child.kill(), engineProcessLimits.stopMs)
    this.#post({ kind: 'stop' })
    await gone
    clearTimeout(late)
  }

  #start(isResumed: boolean): UtilityProcess {
    const { file, introduce } = this.#options
    const child = utilityProcess.fork(file, [], {
      serviceName: 'Culvert engine',
      stdio: 'inherit',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    child.on('message', (message: FromEngine) => {
      if (child === this.#child) this.#take(message)
    })
    child.once('spawn', () => {
      void introduce(child).then((introduction) => this.#begin(child, { kind: 'start', isResumed, ...introduction }))
    })
    child.once('exit', () => {
      if (child === this.#child) this.#onExit()
    })
    return child
  }

  #begin(child: UtilityProcess, start: ToEngine): void {
    if (child !== this.#child || child.pid === undefined) return
    this.#hasBegun = true
    for (const message of [start, ...this.#waiting.splice(0)]) child.postMessage(message)
  }

  #take(message: FromEngine): void {
    switch (message.kind) {
      case 'status':
        this.#status = message.status
        this.#isOn = message.status.link.state !== 'off'
        this.#options.onStatus(message.status)
        break
      case 'outcome':
        this.#asked.get(message.id)?.(message.outcome)
        this.#asked.delete(message.id)
        break
      case 'call':
        void this.#answer(message)
        break
      case 'stopped':
        if (this.#isStopping) this.#child.kill()
        break
    }
  }

  async #answer({ id, name, payload }: Extract<FromEngine, { kind: 'call' }>): Promise<void> {
    if (!isShellCall(name)) return
    const call = this.#options.shell[name] as (payload: unknown) => unknown
    try {
      this.#post({ kind: 'answered', id, ok: true, value: await call(payload) })
    } catch {
      this.#post({ kind: 'answered', id, ok: false, value: undefined })
    }
  }

  #onExit(): void {
    for (const resolve of this.#asked.values()) resolve(UNREACHABLE)
    this.#asked.clear()
    this.#isOver = this.#isStopping
    if (this.#isOver) return
    const now = performance.now()
    this.#crashesMs = [...this.#crashesMs.filter((ms) => now - ms < engineProcessLimits.crashWindowMs), now]
    const mayReturn = this.#crashesMs.length <= engineProcessLimits.crashesMax
    this.#show({ link: { state: 'off', fault: mayReturn ? 'engine-ended' : 'engine-failed' } })
    this.#isOver = !mayReturn
    if (mayReturn) this.#restart()
    else this.#options.onLost()
  }

  /** What the engine itself can't say. */
  #show(part: Partial<AppStatus>): void {
    if (this.#status === undefined || this.#isStopping) return
    this.#status = { ...this.#status, ...part }
    this.#options.onStatus(this.#status)
  }

  #restart(): void {
    this.#hasBegun = false
    this.#waiting = this.#waiting.filter(({ kind }) => kind === 'event')
    for (const event of this.#standing.values()) this.#waiting.push({ kind: 'event', event })
    this.#child = this.#start(this.#isOn)
  }

  #post(message: ToEngine): void {
    if (this.#isOver) return
    if (this.#hasBegun) this.#child.postMessage(message)
    else this.#waiting.push(message)
  }
}
