// DNS over HTTPS (RFC 8484), for a name server that a censor can't lie in place of. It answers from this process, on a socket in the file system, which
// knows no namespaces: nginx has its address and certificate. A process of its own was a third of what a country costs to raise.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { decode, encode, type Packet, type Question } from 'dns-packet'
import type { Addresses } from '../atlas.ts'

/** RFC 1035 with EDNS; a question is never longer. */
const QUESTION_BYTES_MAX = 4096
const TTL_S = 1
const FLAGS = 0x0180
const NO_SUCH_NAME = 3

export type Records = readonly (readonly [name: string, addresses: Addresses])[]

/** Resolves when it answers on `socket`, a path. */
export async function startDoh(socket: string, records: Records): Promise<Server> {
  const zone = new Map(records)
  const server = createServer(async (request, response) => {
    const query = await queryOf(request).catch(() => undefined)
    if (query === undefined) return response.writeHead(400).end()
    const answer = answerTo(query, zone)
    return response.writeHead(200, { 'content-type': 'application/dns-message', 'content-length': answer.length }).end(answer)
  })
  await once(server.listen(socket), 'listening')
  return server
}

/** undefined, or a rejection, for what is no question. */
async function queryOf(request: IncomingMessage): Promise<Packet | undefined> {
  const url = new URL(request.url ?? '/', 'https://doh.invalid')
  if (request.method === 'GET') return decode(Buffer.from(url.searchParams.get('dns') ?? '', 'base64url'))
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > QUESTION_BYTES_MAX) return undefined
    chunks.push(chunk as Buffer)
  }
  return decode(Buffer.concat(chunks))
}

/** As the lab's true name server has it. */
function answerTo({ id = 0, questions = [] }: Packet, zone: ReadonlyMap<string, Addresses>): Buffer {
  const [question] = questions
  const addresses = question && zone.get(question.name.toLowerCase())
  const answers = addresses === undefined ? [] : recordOf(question as Question, addresses)
  const flags = FLAGS | (addresses === undefined ? NO_SUCH_NAME : 0)
  return encode({ type: 'response', id, flags, questions, answers })
}

function recordOf({ name, type }: Question, { v4, v6 }: Addresses): { name: string; type: 'A' | 'AAAA'; ttl: number; data: string }[] {
  if (type === 'A') return [{ name, type, ttl: TTL_S, data: v4 }]
  return type === 'AAAA' ? [{ name, type, ttl: TTL_S, data: v6 }] : []
}
