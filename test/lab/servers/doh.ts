// DNS over HTTPS (RFC 8484), for a name server that a censor can't lie in place of: hands questions on to the lab's true one, over UDP.
//   node doh.ts CERTIFICATE KEY UPSTREAM ADDRESS...
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'

/** RFC 1035 with EDNS; a question is never longer. */
const QUESTION_BYTES_MAX = 4096
const ANSWER_TIMEOUT_MS = 2000

const [certificate = '', key = '', upstream = '', ...addresses] = process.argv.slice(2)

const tls = { cert: readFileSync(certificate), key: readFileSync(key) }
for (const address of addresses) {
  const server = createServer(tls, async (request, response) => {
    const question = await questionOf(request)
    const answer = question && (await ask(question))
    if (answer === undefined) response.writeHead(question === undefined ? 400 : 502).end()
    else response.writeHead(200, { 'content-type': 'application/dns-message', 'content-length': answer.length }).end(answer)
  })
  await once(server.listen(443, address), 'listening')
}
process.stdout.write('READY\n')

async function questionOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const url = new URL(request.url ?? '/', 'https://doh.invalid')
  if (url.pathname !== '/dns-query') return undefined
  if (request.method === 'GET') {
    const question = Buffer.from(url.searchParams.get('dns') ?? '', 'base64url')
    return question.length > 0 && question.length <= QUESTION_BYTES_MAX ? question : undefined
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > QUESTION_BYTES_MAX) return undefined
    chunks.push(chunk as Buffer)
  }
  return bytes > 0 ? Buffer.concat(chunks) : undefined
}

async function ask(question: Buffer): Promise<Buffer | undefined> {
  const socket = createSocket('udp4')
  try {
    socket.send(question, 53, upstream)
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })) as [Buffer]
    return answer
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}
