// Where one edge lives: its folder with certificates and filled-in configuration, its programs, and the end of both.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCertificate, pinOf } from '../../relay/certificate.ts'
import { Program } from '../e2e/program.ts'
import { freePort } from '../relay/probes/servers.ts'

const EDGE_FOLDER = join(import.meta.dirname, '../../relay/edge')
/** Another site on the same server. */
const FRONT_NAME = 'front.example'

/** Those still there when the tests end early. */
const folders = new Set<string>()
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export interface PlaceOptions {
  readonly serverName: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly exec: (argv: readonly string[]) => readonly string[]
}

export interface SiteFiles {
  readonly serverName: string
  readonly certificateFile: string
  readonly keyFile: string
  readonly pin: Uint8Array
}

export class Place {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'culvert-edge-'))
  readonly listen: PlaceOptions['listen']
  readonly site: SiteFiles
  readonly front: SiteFiles
  readonly #exec: PlaceOptions['exec']
  readonly #running: { readonly program: Program; readonly ending: NodeJS.Signals }[] = []

  constructor({ serverName, listen, exec }: PlaceOptions) {
    folders.add(this.folder)
    this.listen = listen
    this.#exec = exec
    this.site = this.#certify(serverName, 'site')
    this.front = this.#certify(FRONT_NAME, 'front')
  }

  file(name: string): string {
    return join(this.folder, name)
  }

  /** Writes a file of this place; returns its path. */
  write(name: string, text: string): string {
    writeFileSync(this.file(name), text)
    return this.file(name)
  }

  /**
   * A file of relay/edge/ with each of `texts` replaced wherever it stands, in one go: the first that fits a place. A text that is not there is a mistake of
   * the caller's.
   */
  filled(name: string, texts: Readonly<Record<string, string>>): string {
    const sample = readFileSync(join(EDGE_FOLDER, name), 'utf8')
    const missing = Object.keys(texts).filter((text) => !sample.includes(text))
    if (missing.length > 0) throw new Error(`relay/edge/${name} does not say: ${missing.join(', ')}`)
    const pattern = Object.keys(texts).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return sample.replace(new RegExp(pattern.join('|') || '$^', 'g'), (text) => texts[text] ?? text)
  }

  /** The port to listen at: what was asked for, or one that is free. */
  async port(): Promise<number> {
    return this.listen.port === 0 ? freePort() : this.listen.port
  }

  /** Runs a program until the place is closed; resolves with what `ready` makes of a line that it says, on either output. `ending`: what ends it at once. */
  async run<T>(argv: readonly string[], ready: (line: string) => T | undefined, ending: NodeJS.Signals): Promise<Said<T>> {
    const program = new Program(['sh', '-c', 'exec "$@" 2>&1', 'sh', ...this.#exec(argv)], { folder: this.folder })
    this.#running.push({ program, ending })
    return { said: await program.line(ready), program }
  }

  async close(): Promise<void> {
    for (const { program, ending } of this.#running.splice(0).reverse()) {
      program.signal(ending)
      await program.ended
    }
    rmSync(this.folder, { recursive: true, force: true })
    folders.delete(this.folder)
  }

  #certify(serverName: string, name: string): SiteFiles {
    const { certificate, key } = createCertificate(serverName, Date.now())
    const files = { certificateFile: this.write(`${name}.crt`, certificate), keyFile: this.write(`${name}.key`, key) }
    return { serverName, ...files, pin: pinOf(certificate) }
  }
}

export interface Said<T> {
  readonly said: T
  readonly program: Program
}
