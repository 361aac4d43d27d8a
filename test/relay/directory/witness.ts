// A witness as C2SP's tlog-witness has it, on loopback: written from that page and RFC 9162 §2.1.4.2, apart from the code that asks it.
import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cosignCheckpoint, decodeNote, encodeBase64 } from '#protocol'
import type { Keys } from '../../protocol/directory/network.ts'

export class Witness {
  readonly server: Server
  /** What it has seen of the log. */
  seen: { readonly size: number; readonly root: Uint8Array } = { size: 0, root: new Uint8Array() }
  asked = 0
  /** So many times, the next, it answers as if it had signed, and signs nothing. */
  feigns = 0

  constructor(name: string, keys: Keys, timeS: number) {
    this.server = createServer(async (request, response) => {
      this.asked++
      const text = (await request.setEncoding('utf8').toArray()).join('')
      const { status, body } = request.url === '/log/add-checkpoint' ? this.#answer(text, name, keys, timeS) : { status: 404, body: '' }
      response.writeHead(status).end(body)
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/log`
  }

  #answer(text: string, name: string, keys: Keys, timeS: number): { readonly status: number; readonly body: string } {
    const cut = text.indexOf('\n\n')
    const [first = '', ...proof] = text.slice(0, cut).split('\n')
    const old = Number(/^old (\d+)$/.exec(first)?.[1] ?? Number.NaN)
    const { checkpoint } = decodeNote(Buffer.from(text.slice(cut + 2)))
    if (!(old <= checkpoint.size)) return { status: 400, body: '' }
    if (this.feigns > 0) {
      this.feigns--
      return { status: 200, body: `— ${name} ${encodeBase64(new Uint8Array(76))}\n` }
    }
    if (old !== this.seen.size) return { status: 409, body: `${this.seen.size}\n` }
    const hashes = proof.map((line) => new Uint8Array(Buffer.from(line, 'base64')))
    if (!isConsistent(this.seen, checkpoint, hashes)) return { status: 422, body: '' }
    this.seen = checkpoint
    const { keyId, signature } = cosignCheckpoint(checkpoint, name, keys.key, timeS, keys.sign)
    return { status: 200, body: `— ${name} ${encodeBase64(Buffer.concat([keyId, signature]))}\n` }
  }
}

interface Tree {
  readonly size: number
  readonly root: Uint8Array
}

export function isConsistent(first: Tree, second: Tree, proof: readonly Uint8Array[]): boolean {
  if (first.size === 0) return proof.length === 0
  if (first.size === second.size) return proof.length === 0 && same(first.root, second.root)
  const path = isPower(first.size) ? [first.root, ...proof] : [...proof]
  let [fn, sn] = [first.size - 1, second.size - 1]
  while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1]
  let [fr, sr] = [path[0], path[0]]
  if (fr === undefined || sr === undefined) return false
  for (const c of path.slice(1)) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      fr = node(c, fr)
      sr = node(c, sr)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1]
    } else sr = node(sr, c)
    ;[fn, sn] = [fn >> 1, sn >> 1]
  }
  return sn === 0 && same(fr, first.root) && same(sr, second.root)
}

function node(left: Uint8Array, right: Uint8Array): Uint8Array {
  return new Uint8Array(
    createHash('sha256')
      .update(Buffer.concat([Buffer.of(1), left, right]))
      .digest(),
  )
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}

function isPower(size: number): boolean {
  return (size & (size - 1)) === 0
}
