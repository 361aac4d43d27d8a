// Running the operating system's own programs: the one door through which settings of the machine are read and changed.
import { spawn, spawnSync } from 'node:child_process'
import { type ProgramLimits, programLimits } from '../limits.ts'

export interface RunResult {
  /** undefined: it could not be started, ran too long or said too much. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Never through a shell. Never rejects. */
export type Run = (file: string, args: readonly string[], input?: string) => Promise<RunResult>

/** What an AppImage or a snap puts into its own environment; with it the system's programs load the wrong libraries, or keep settings in memory only. */
const NOT_PASSED_ON =
  /^(?:LD_LIBRARY_PATH|LD_PRELOAD|GIO_MODULE_DIR|GIO_EXTRA_MODULES|GSETTINGS_BACKEND|GSETTINGS_SCHEMA_DIR|NODE_OPTIONS)$/

/** `env` is the app's own. */
export function createRun(env: NodeJS.ProcessEnv, limits: ProgramLimits = programLimits): Run {
  return (file, args, input) => runOnce(file, args, input, passedOn(env), limits)
}

/**
 * The same for a process that has nothing else to do: it waits for each. Electron ends before its event loop begins where there is no screen, as after
 * logging out; what is done with this alone is done by then.
 */
export function createWaitingRun(env: NodeJS.ProcessEnv, { runMs, outputBytesMax }: ProgramLimits = programLimits): Run {
  const options = { env: passedOn(env), timeout: runMs, killSignal: 'SIGKILL', maxBuffer: outputBytesMax, windowsHide: true } as const
  return async (file, args, input = '') => {
    const { status, stdout, stderr } = spawnSync(file, args, { ...options, input, encoding: 'utf8' })
    return { code: status ?? undefined, stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}

function passedOn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_PASSED_ON.test(name))), LC_ALL: 'C' }
}

function runOnce(
  file: string,
  args: readonly string[],
  input: string | undefined,
  env: NodeJS.ProcessEnv,
  limits: ProgramLimits,
): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: 'pipe', windowsHide: true })
    const said = { stdout: '', stderr: '' }
    const finish = (code: number | undefined): void => {
      clearTimeout(timer)
      resolve({ code, ...said })
    }
    const giveUp = (): void => {
      child.kill('SIGKILL')
      finish(undefined)
    }
    const timer = setTimeout(giveUp, limits.runMs)
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] += text
        if (said[name].length > limits.outputBytesMax) giveUp()
      })
    }
    child.once('error', () => finish(undefined))
    child.once('close', (code) => finish(code ?? undefined))
    // A program that ends without reading its input is no fault of ours.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
