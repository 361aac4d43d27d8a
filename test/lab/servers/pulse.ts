// A flow that shows it lives: sends a few bytes to an echo and says "1", "2", … as each comes back, then sends the next.
//   node pulse.ts tcp|udp HOST PORT FIRST_BYTES_HEX     says "reset", "silent" (no echo for a second; it goes on waiting) or "refused" where so
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const SILENT_AFTER_MS = 1000
/** Short enough to be in the middle of something at any time, long enough to cost nothing. */
const PAUSE_MS = 20

const [kind, host = '', port, first = ''] = process.argv.slice(2)
const say = (word: string | number): void => void process.stdout.write(`${word}\n`)

const send = kind === 'udp' ? openUdp(echoed) : openTcp(echoed)
let echoes = 0
let timer = watch()
send(Buffer.from(first, 'hex'))

function echoed(): void {
  clearTimeout(timer)
  timer = watch()
  say(++echoes)
  void delay(PAUSE_MS).then(() => send(Buffer.from('next')))
}

function watch(): NodeJS.Timeout {
  return setTimeout(() => say('silent'), SILENT_AFTER_MS)
}

function openTcp(onEcho: () => void): (bytes: Buffer) => void {
  const socket = connect({ host, port: Number(port), noDelay: true }).on('data', onEcho)
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    say(code === 'ECONNRESET' ? 'reset' : 'refused')
    process.exit()
  })
  return (bytes) => socket.write(bytes)
}

function openUdp(onEcho: () => void): (bytes: Buffer) => void {
  const socket = createSocket('udp4').on('message', onEcho)
  return (bytes) => socket.send(bytes, Number(port), host)
}
