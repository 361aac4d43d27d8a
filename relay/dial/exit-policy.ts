// What this relay's operator has closed: ports that are not named, and the destinations in a list, which is taken up anew when its file changes.
//
// A line of the list is an address, a range (198.51.100.0/24) or a name, which stands for all names below it as well. `#` begins a comment.
import { readFileSync, statSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { stampOf } from '../changed.ts'
import { type ExitLimits, exitLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'
import { byOwnNames } from '../own-folder.ts'
import type { ExitSettings } from './exit-settings.ts'
import { nameToAsk } from './policy.ts'

interface Blocked {
  readonly names: ReadonlySet<string>
  readonly addresses: BlockList
  readonly count: number
}

const NOTHING: Blocked = { names: new Set(), addresses: new BlockList(), count: 0 }

export class ExitPolicy {
  readonly #settings: ExitSettings
  readonly #limits: ExitLimits
  readonly #nowMs: () => number
  #blocked = NOTHING
  #stamp: string | undefined
  #lookedMs = Number.NEGATIVE_INFINITY
  /** Why the list as it is now can't be used; the one before it holds meanwhile. */
  fault: string | undefined

  /** Throws OperatorError where the list can't be used: a relay must not start without what its operator closed. */
  constructor(settings: ExitSettings, nowMs: () => number = () => performance.now(), limits: ExitLimits = exitLimits) {
    this.#settings = settings
    this.#limits = limits
    this.#nowMs = nowMs
    this.#look()
    if (this.fault !== undefined) throw new OperatorError(this.fault)
  }

  /** Lines of the list that are in force. */
  get blockedCount(): number {
    return this.#blocked.count
  }

  /** By which address to leave for one of this family; undefined: the system chooses. */
  localAddress(family: 4 | 6): string | undefined {
    return this.#settings.from.find((address) => isIP(address) === family)
  }

  permitsPort(port: number): boolean {
    const { ports } = this.#settings
    return ports.length === 0 || ports.some(({ first, last }) => port >= first && port <= last)
  }

  /** name: as nameToAsk makes it. */
  permitsName(name: string): boolean {
    this.#look()
    const { names } = this.#blocked
    if (names.size === 0) return true
    for (let at = 0; at !== -1; at = name.indexOf('.', at + 1)) if (names.has(at === 0 ? name : name.slice(at + 1))) return false
    return true
  }

  permitsAddress(address: string): boolean {
    this.#look()
    return !this.#blocked.addresses.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }

  #look(): void {
    const { blockedFile } = this.#settings
    const nowMs = this.#nowMs()
    if (blockedFile === undefined || nowMs - this.#lookedMs < this.#limits.lookMs) return
    this.#lookedMs = nowMs
    const stamp = stampOf(blockedFile)
    if (stamp !== undefined && stamp === this.#stamp) return
    this.#stamp = stamp
    try {
      if (statSync(blockedFile).size > this.#limits.blockedBytesMax) throw new OperatorError('is too large')
      this.#blocked = parseBlocked(readFileSync(blockedFile, 'utf8'), this.#limits.blockedMax)
      this.fault = undefined
    } catch (error) {
      this.#stamp = undefined
      this.fault = byOwnNames(`The list of blocked destinations (${blockedFile}) ${wordsFor(error)}.`)
    }
  }
}

/** Throws OperatorError in words that fit after the name of the file. */
export function parseBlocked(text: string, countMax: number = exitLimits.blockedMax): Blocked {
  const names = new Set<string>()
  const addresses = new BlockList()
  let count = 0
  for (const [index, line] of text.split('\n').entries()) {
    const entry = line.replace(/#.*/, '').trim()
    if (entry === '') continue
    if (++count > countMax) throw new OperatorError(`has more than ${countMax} lines`)
    if (!addTo(addresses, entry)) {
      const name = nameToAsk(entry.replace(/^\*\./, ''))
      if (name === undefined) throw new OperatorError(`has no address, range or name in line ${index + 1}`)
      names.add(name)
    }
  }
  return { names, addresses, count }
}

function addTo(addresses: BlockList, entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || address.includes('%')) return false
  const count = bits === undefined ? (family === 4 ? 32 : 128) : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (!(count <= (family === 4 ? 32 : 128))) return false
  addresses.addSubnet(address, count, family === 4 ? 'ipv4' : 'ipv6')
  return true
}

function wordsFor(error: unknown): string {
  if (error instanceof OperatorError) return error.message
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  return code === 'ENOENT' ? 'is missing' : `can’t be read (${code})`
}
