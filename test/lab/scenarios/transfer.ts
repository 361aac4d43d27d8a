// A measured transfer in a country: bytes through a client's proxy, and what the receiving end says of them.
import { join } from 'node:path'
import type { Program } from '../../e2e/program.ts'
import { NAMES } from '../atlas.ts'
import type { Country } from '../country.ts'
import type { LabClient } from '../product.ts'
import { hashOfPattern } from '../servers/marks.ts'
import type { Mark } from './timeline.ts'

export const BYTES_PORT = 9
const BYTES = join(import.meta.dirname, '../servers/bytes.ts')
const TRANSFER = join(import.meta.dirname, '../servers/transfer.ts')

export interface TransferOptions {
  readonly direction: 'down' | 'up'
  readonly bytes: number
  /** 0: as fast as it goes. */
  readonly bytesPerS?: number
}

/** Starts the far end of transfers on the target's machine. */
export async function serveBytes(country: Country): Promise<Program> {
  const server = country.target.startNode(BYTES, String(BYTES_PORT))
  await server.line((line) => (line === 'READY' ? true : undefined))
  return server
}

export class Transfer {
  readonly marks: Mark[] = []
  /** Resolves when the receiving end has seen the flow's end; rejects when its program ends without that. */
  readonly ended: Promise<{ readonly bytes: number; readonly sha256: string }>
  readonly #bytes: number
  readonly #program: Program
  readonly #watchers = new Set<() => void>()

  constructor(country: Country, server: Program, client: LabClient, { direction, bytes, bytesPerS = 0 }: TransferOptions) {
    this.#bytes = bytes
    const from = server.lineCount
    const rest = [direction, String(bytes), String(bytesPerS)]
    this.#program = country.client.startNode(TRANSFER, client.socks, NAMES.target, String(BYTES_PORT), ...rest)
    const receiver = direction === 'down' ? this.#program : server
    this.ended = receiver.line((line) => this.#read(line), direction === 'down' ? 0 : from)
    this.ended.catch(() => undefined)
  }

  get isWhole(): Promise<boolean> {
    return this.ended.then(({ bytes, sha256 }) => bytes === this.#bytes && sha256 === hashOfPattern(bytes))
  }

  /** So many have come so far. */
  get received(): number {
    return this.marks.at(-1)?.bytes ?? 0
  }

  /** Resolves when so many bytes have come; rejects when the flow ends before. */
  reached(bytes: number): Promise<void> {
    const come = new Promise<void>((resolve) => {
      const watch = (): void => {
        if (this.received < bytes) return
        this.#watchers.delete(watch)
        resolve()
      }
      this.#watchers.add(watch)
      watch()
    })
    const over = this.ended.then((end) => {
      if (end.bytes < bytes) throw new Error(`the flow ended after ${end.bytes} of ${this.#bytes} bytes`)
    })
    return Promise.race([come, over])
  }

  kill(): Promise<void> {
    return this.#program.kill()
  }

  #read(line: string): { readonly bytes: number; readonly sha256: string } | undefined {
    const said = JSON.parse(line) as { readonly atMs?: number; readonly bytes: number; readonly sha256?: string }
    if (said.sha256 !== undefined) return { bytes: said.bytes, sha256: said.sha256 }
    this.marks.push({ atMs: said.atMs ?? 0, bytes: said.bytes })
    for (const watcher of [...this.#watchers]) watcher()
    return undefined
  }
}
