// Documents that clients fetch from the relay itself, through their sessions: streams to names that lead nowhere else.
import { randomFillSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Endpoint, encodePolicy, ResetCode, type Stream } from '#protocol'
import { stampOf } from './changed.ts'
import { parseConfig, type RelayConfig } from './config.ts'
import { answerStreams } from './directory/answer.ts'
import { LOAD_TARGET } from './directory/examine.ts'
import { examineLimits } from './directory/limits.ts'
import { edgeEndpoint } from './edges.ts'
import { CONFIG_FILE } from './fields.ts'
import { directEndpoint, readCertificate } from './invite.ts'
import { type RelayKeys, signPolicy } from './keys.ts'
import { policyLimits } from './limits.ts'
import { readCensusSettings } from './observatory/counting/census.ts'
import { OperatorError } from './operator-error.ts'
import type { Documents } from './streams.ts'

/** Names below `.invalid` never resolve (RFC 6761), so nothing is taken from anyone. */
const POLICY_HOST = 'policy.invalid'
const DOCUMENT_PORT = 1

/** Answers a stream to the policy's name with the policy and the stream's end. It reads nothing: a stream that brings bytes is reset. */
export function serveDocuments(policy: () => Uint8Array): Documents {
  return (stream, { host, port }) => {
    if (host !== POLICY_HOST || port !== DOCUMENT_PORT) return false
    stream.handler = readNothing(stream)
    // The session frees what it has sent, so each stream has its own.
    stream.write(policy().slice())
    stream.fin()
    return true
  }
}

function readNothing(stream: Stream): Stream['handler'] {
  return {
    onData: () => stream.reset(ResetCode.denied),
    onDatagram: () => stream.reset(ResetCode.internal),
    onOpened: () => undefined,
    onFin: () => undefined,
    onReset: () => undefined,
    onRoom: () => undefined,
  }
}

/** Bytes without meaning, as many as are asked for: by these an authority sees how fast the relay is. They are the same each time: making them takes longer
 *  than sending them. */
export function serveLoad(): Documents {
  const load = randomFillSync(new Uint8Array(examineLimits.loadBytesMax))
  return answerStreams(LOAD_TARGET, 4, (request) => {
    if (request.length !== 4) return undefined
    const count = new DataView(request.buffer, request.byteOffset).getUint32(0)
    return count <= load.length ? { shared: load.subarray(0, count) } : undefined
  })
}

/** The policy of a relay that runs: made anew when its configuration has changed, and each day. */
export class PolicySource {
  readonly #folder: string
  readonly #keys: RelayKeys
  readonly #direct: readonly Endpoint[]
  readonly #nowS: () => number
  #config: RelayConfig
  #stamp: string | undefined
  readonly #reportKey: Uint8Array | undefined
  #issuedS = 0
  #bytes: Uint8Array | undefined

  /** To be made while certificates that are for root only can still be read. */
  constructor(folder: string, config: RelayConfig, keys: RelayKeys, nowS: () => number) {
    this.#folder = folder
    this.#config = config
    this.#keys = keys
    this.#direct = readDirect(config)
    this.#reportKey = readCensusSettings(folder)?.reportKey
    this.#nowS = nowS
  }

  /** Signed. */
  current(): Uint8Array {
    const nowS = this.#nowS()
    const isFresh = nowS >= this.#issuedS && nowS - this.#issuedS < policyLimits.reissueS
    if (this.#bytes !== undefined && isFresh && !this.#takeChange()) return this.#bytes
    this.#takeChange()
    this.#issuedS = nowS
    this.#bytes = this.#make(nowS)
    return this.#bytes
  }

  /** Reads the configuration if it has changed since the last time. One that can't be used is passed over: the relay goes on with what it has. */
  #takeChange(): boolean {
    const file = join(this.#folder, CONFIG_FILE)
    const stamp = stampOf(file)
    if (stamp === undefined || stamp === this.#stamp) return false
    this.#stamp = stamp
    try {
      this.#config = parseConfig(readFileSync(file, 'utf8'), this.#folder)
      return true
    } catch (error) {
      if (error instanceof OperatorError || (error as NodeJS.ErrnoException).code !== undefined) return false
      throw error
    }
  }

  #make(nowS: number): Uint8Array {
    const { policy, edges, path } = this.#config
    const endpoints = [...this.#direct, ...edges.map((edge) => edgeEndpoint(edge, path))]
    const made = { ...policy, endpoints, issuedS: nowS, expiresS: nowS + policyLimits.lifeS, reportKey: this.#reportKey }
    return encodePolicy(made, (bytes) => signPolicy(this.#keys, bytes))
  }
}

/** The relay itself; nothing where only the front may read the certificate, and clients go by their invites. */
function readDirect(config: RelayConfig): readonly Endpoint[] {
  try {
    return [directEndpoint(config, readCertificate(config))]
  } catch (error) {
    if (error instanceof OperatorError) return []
    throw error
  }
}
