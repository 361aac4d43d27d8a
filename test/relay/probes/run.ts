// Sends a probe and tells what came back: every byte (the Date masked), and how it ended.
import { connect as connectH2, constants } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { get, HOST, type Probe } from './corpus.ts'

export interface Answer {
  readonly bytes: string
  /** 'end'; 'open': fell silent without ending; 'closed' by us; or an error's code, such as that of a reset or a TLS alert. */
  readonly end: string
}

const SILENCE_MS = 200
/** A server may stop reading before a probe is all sent. */
const STUCK_MS = 3000
const AT_ONCE = 32

/**
 * Runs the probes against the server at `port`, some at once; the answers come by the probes' names. Silence counts only once the server has answered
 * `other`, a request of somebody else's that takes the longest way there is through it: on a busy machine it may just not have come to the probe.
 */
export async function runProbes(probes: readonly Probe[], port: number, other: string = get('/')): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>()
  const left = [...probes]
  const run = (probe: Probe): Promise<Answer> => (probe.request === undefined ? runRaw(probe, port, other) : runRequest(probe, port))
  const work = async (): Promise<void> => {
    for (let probe = left.pop(); probe !== undefined; probe = left.pop()) answers.set(probe.name, await run(probe))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return answers
}

export function openTls(port: number, tls: ConnectionOptions = {}): Socket {
  return secure(connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true }), tls)
}

function secure(socket: Socket, tls: ConnectionOptions = {}): Socket {
  return connectTls({ socket, servername: HOST, ALPNProtocols: ['http/1.1'], rejectUnauthorized: false, ...tls })
}

async function runRaw(probe: Probe, port: number, other: string): Promise<Answer> {
  const bare = connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true })
  const socket = probe.over === 'tcp' ? bare : secure(bare, probe.over === 'h2' ? { ALPNProtocols: ['h2'] } : probe.tls)
  const silenceMs = probe.silenceMs ?? SILENCE_MS
  const answer = collect(
    socket,
    silenceMs,
    () => answers(other, port),
    (bytes) => (probe.over === 'h2' ? withoutHeaders(bytes) : mask(bytes.toString('latin1'), port)),
  )
  socket.setNoDelay(true)
  socket.setTimeout(STUCK_MS)
  // The callback also comes, with an error, when the socket is gone.
  for (const piece of probe.send ?? []) await new Promise((sent) => socket.write(piece, 'latin1', sent))
  socket.setTimeout(silenceMs)
  if (probe.then === 'fin') socket.end()
  if (probe.then === 'reset') bare.resetAndDestroy()
  return answer
}

function collect(socket: Socket, silenceMs: number, others: () => Promise<void>, text: (bytes: Buffer) => string): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const finish = (end: string): void => {
      resolve({ bytes: text(Buffer.concat(chunks)), end })
      socket.destroy()
    }
    const listenOn = async (): Promise<void> => {
      const count = chunks.length
      await others()
      if (chunks.length === count) finish('open')
      else socket.setTimeout(silenceMs)
    }
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('timeout', () => void listenOn())
    socket.on('end', () => finish('end'))
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    socket.on('close', () => finish('closed'))
  })
}

/** Resolves when the server at `port` has answered `request`, or hung up on it. */
function answers(request: string, port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = openTls(port)
    socket.write(request)
    socket.once('data', () => socket.destroy())
    socket.on('error', () => {}).once('close', () => resolve())
  })
}

function runRequest(probe: Probe, port: number): Promise<Answer> {
  return new Promise((resolve) => {
    const session = connectH2(`https://${HOST}:${port}`, { createConnection: () => openTls(port, { ALPNProtocols: ['h2'] }) })
    const chunks: Buffer[] = []
    let head = ''
    const finish = (end: string): void => {
      resolve({ bytes: mask(head + Buffer.concat(chunks).toString('latin1'), port), end })
      session.destroy()
    }
    session.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    session.on('goaway', (code) => finish(`goaway ${code}`))
    const stream = session.request({ ':authority': HOST, ...probe.request }, { endStream: probe.body === undefined })
    stream.on('response', (_headers, _flags, raw: string[]) => {
      for (let i = 0; i < raw.length; i += 2) head += `${raw[i]}: ${raw[i + 1]}\r\n`
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', () => {})
    stream.on('close', () => finish(stream.rstCode === constants.NGHTTP2_NO_ERROR ? 'end' : `reset ${stream.rstCode}`))
    if (probe.body !== undefined) stream.end(probe.body)
  })
}

/** HTTP/2 frames as they came, but of HEADERS only flags and stream: a date hides in its compressed fields. */
function withoutHeaders(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at + 9 <= bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3)
    text += bytes.subarray(at + 3, bytes[at + 3] === 1 ? at + 9 : end).toString('hex')
    text += ' '
    at = end
  }
  return text
}

/** The only things in which two runs of one server differ: the time, its port and the boundary of parts. */
function mask(bytes: string, port: number): string {
  return bytes
    .replace(/^date: [^\r\n]{29}/gim, (line) => `${line.slice(0, 6)}${'#'.repeat(29)}`)
    .replaceAll(`:${port}`, ':PORT')
    .replace(/(boundary=|^--)\w+/gm, '$1BOUNDARY')
}
