// A name server on a loopback UDP port whose answers a test decides.
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type Answer, decode, encode, type Question } from 'dns-packet'

const RCODE = { noError: 0, serverFailure: 2, noSuchName: 3 }

/** What to answer: records (none: the name exists without such an address), a failure, or silence. */
export type Reply = readonly Answer[] | 'serverFailure' | 'noSuchName' | 'silence' | Promise<readonly Answer[]>
type Zone = (question: Question, index: number) => Reply

export class DnsServer {
  /** Everything that was asked, as `A name` or `AAAA name`. */
  readonly asked: string[] = []
  readonly #socket: Socket = createSocket('udp4')
  readonly #zone: Zone

  private constructor(zone: Zone) {
    this.#zone = zone
    this.#socket.on('message', (message, from) => void this.#answer(message, from.port))
  }

  static async start(zone: Zone): Promise<DnsServer> {
    const server = new DnsServer(zone)
    server.#socket.bind(0, '127.0.0.1')
    await once(server.#socket, 'listening')
    return server
  }

  /** For ResolverOptions.servers. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  close(): void {
    this.#socket.close()
  }

  async #answer(message: Buffer, port: number): Promise<void> {
    const query = decode(message)
    const question = query.questions?.[0] as Question
    const index = this.asked.push(`${question.type} ${question.name}`) - 1
    const reply = await this.#zone(question, index)
    if (reply === 'silence') return
    const flags = 0x0180 | (typeof reply === 'string' ? RCODE[reply] : RCODE.noError)
    const answers = typeof reply === 'string' ? [] : [...reply]
    const packet = encode({ type: 'response', id: query.id ?? 0, flags, questions: [question], answers })
    this.#socket.send(packet, port, '127.0.0.1')
  }
}

/** Address records of the question's family, out of addresses of both. */
export function addressRecords(question: Question, addresses: readonly string[], ttl = 60): Answer[] {
  return addresses
    .filter((address) => address.includes(':') === (question.type === 'AAAA'))
    .map((data) => ({ type: question.type as 'A' | 'AAAA', name: question.name, ttl, data }))
}
