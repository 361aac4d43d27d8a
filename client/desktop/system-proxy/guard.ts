// The guard process: it waits, with next to no memory, for the app to die, and then starts the app's own repair. A pipe tells it: the system closes the
// app's end however the app dies, and a word through it says that all is well. It polls nothing and mistakes no other process for ours.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Guard } from './system-proxy.ts'

/** Stands among the arguments of an app that is to see to what a crash left of the system's proxy and end, before any window. */
export const AFTER_CRASH_ARGUMENT = '--after-crash'

export interface GuardOptions {
  /** The app's program and the arguments that make it see to what it left. */
  readonly command: readonly string[]
  readonly platform: NodeJS.Platform
}

export class GuardProcess implements Guard {
  readonly #options: GuardOptions
  #child: ChildProcess | undefined

  constructor(options: GuardOptions) {
    this.#options = options
  }

  /** Does nothing where one watches already. */
  async arm(): Promise<void> {
    if (this.#child !== undefined) return
    const [file, args] = this.#options.platform === 'win32' ? windowsCommand(this.#options.command) : posixCommand(this.#options.command)
    const isWindows = this.#options.platform === 'win32'
    // In a group of its own: what ends a terminal's or a desktop's programs leaves it.
    const child = spawn(file, args, {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      windowsHide: true,
      windowsVerbatimArguments: isWindows,
    })
    this.#child = child
    const forget = (): void => {
      if (this.#child === child) this.#child = undefined
    }
    child.once('error', forget).once('exit', forget)
    child.stdin?.on('error', () => undefined)
    child.unref()
    // The pipe of a child is a socket, whose type does not say so.
    ;(child.stdin as unknown as { unref(): void }).unref()
  }

  async disarm(): Promise<void> {
    this.#child?.stdin?.end('done\r\n')
    this.#child = undefined
  }
}

/** `read` takes a line, or the pipe's end. */
function posixCommand(command: readonly string[]): readonly [string, readonly string[]] {
  return ['/bin/sh', ['-c', 'read -r word || :; case $word in done*) exit 0 ;; esac; exec "$@"', 'culvert-guard', ...command]]
}

/** `set /p` takes a line, and fails at the pipe's end. A Windows path holds no quotation mark. */
function windowsCommand(command: readonly string[]): readonly [string, readonly string[]] {
  const program = command.map((word) => `"${word}"`).join(' ')
  const shell = `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\cmd.exe`
  return [shell, ['/d', '/s', '/c', `"set /p word= || start "" ${program}"`]]
}
