// For a computer that lost its power, or a guard that died with the app: while the system's proxy is set, logging in starts the app's repair once. Where that
// can't be arranged, the app's next start repairs all the same.
import { mkdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { writeDurably } from '../../folder/write-file.ts'
import { desktopEntry } from '../desktop-entry.ts'
import type { Run } from './run.ts'
import type { Guard } from './system-proxy.ts'

export interface LoginRepairOptions {
  /** The app's program and the arguments that make it repair. */
  readonly command: readonly string[]
  readonly platform: NodeJS.Platform
  readonly env: NodeJS.ProcessEnv
  readonly run: Run
}

/** Windows forgets such an entry when it runs it. https://learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys */
const RUN_ONCE = ['HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce', '/v', 'CulvertRepair']

export class LoginRepair implements Guard {
  readonly #options: LoginRepairOptions

  constructor(options: LoginRepairOptions) {
    this.#options = options
  }

  async arm(): Promise<void> {
    const { command, platform } = this.#options
    if (platform === 'win32') await this.#reg('add', ...RUN_ONCE, '/t', 'REG_SZ', '/d', command.map((word) => `"${word}"`).join(' '), '/f')
    else this.#write(platform === 'darwin' ? launchAgent(command) : desktopEntry(command, ['NoDisplay=true']))
  }

  async disarm(): Promise<void> {
    if (this.#options.platform === 'win32') await this.#reg('delete', ...RUN_ONCE, '/f')
    else this.#remove()
  }

  get #file(): string {
    const { env, platform } = this.#options
    const home = env['HOME'] || homedir()
    if (platform === 'darwin') return join(home, 'Library', 'LaunchAgents', 'culvert.repair.plist')
    const given = env['XDG_CONFIG_HOME'] ?? ''
    // What is relative would lie wherever the app was started, and is not what desktops read.
    return join(isAbsolute(given) ? given : join(home, '.config'), 'autostart', 'culvert-repair.desktop')
  }

  #write(text: string): void {
    try {
      mkdirSync(dirname(this.#file), { recursive: true })
      writeDurably(this.#file, text)
    } catch {
      // A home that can't be written to: the next start repairs.
    }
  }

  #remove(): void {
    try {
      rmSync(this.#file, { force: true })
    } catch {
      // It was never written.
    }
  }

  async #reg(...args: readonly string[]): Promise<void> {
    await this.#options.run(`${this.#options.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\reg.exe`, args)
  }
}

/** launchd.plist(5) */
function launchAgent(command: readonly string[]): string {
  const spell = (word: string): string => word.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const words = command.map((word) => `    <string>${spell(word)}</string>\n`).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>culvert.repair</string>
  <key>ProgramArguments</key>
  <array>
${words}  </array>
  <key>RunAtLoad</key>
  <true/>
</dict>
</plist>
`
}
