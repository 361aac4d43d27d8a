// An adapter whose settings are the lines of a file: for what must hold of any system, and for processes that die in the middle.
import { readFileSync, writeFileSync } from 'node:fs'
import { type Adapter, MARK, type Settings } from '../../../../client/desktop/system-proxy/settings.ts'

export class FileAdapter implements Adapter {
  readonly name = 'gnome'
  readonly #file: string
  /** Called before each single setting is written; throws what the system would. */
  onWrite: (name: string) => void = () => undefined

  constructor(file: string) {
    this.#file = file
  }

  isHere(): Promise<boolean> {
    return Promise.resolve(true)
  }

  read(): Promise<Settings> {
    return Promise.resolve(this.settings)
  }

  express({ httpPort }: { readonly httpPort: number }): Settings {
    return new Map([
      ['ignore', MARK],
      ['host', '127.0.0.1'],
      ['port', String(httpPort)],
      ['mode', 'manual'],
    ])
  }

  expressDirect(): Settings {
    return new Map(['ignore', 'host', 'port', 'mode'].map((name) => [name, undefined]))
  }

  isMarked(now: Settings): boolean {
    return now.get('ignore') === MARK
  }

  leadsOf(name: string): readonly string[] {
    return name === 'mode' ? ['host', 'port'] : []
  }

  async write(change: Settings): Promise<void> {
    for (const [name, value] of change) {
      this.onWrite(name)
      this.set(name, value)
    }
  }

  get settings(): Map<string, string | undefined> {
    const spelled = JSON.parse(readFileSync(this.#file, 'utf8')) as [string, string?][]
    return new Map(spelled.map(([name, value]) => [name, value]))
  }

  /** As another program, or a person, would. */
  set(name: string, value: string | undefined): void {
    this.replace(new Map([...this.settings, [name, value]]))
  }

  replace(settings: Settings): void {
    writeFileSync(this.#file, JSON.stringify([...settings].map(([name, value]) => (value === undefined ? [name] : [name, value]))))
  }
}
