// Bytes to fetch and a place to send some, by TCP: node bytes.ts PORT
// A flow begins with a line. "down COUNT RATE": so many bytes come, no faster than RATE a second (0: as fast as they can). "up COUNT": so many are
// taken; the sink says when they came, as marks on stdout, then closes the flow.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Marks, sendPattern } from './marks.ts'

const LINE_BYTES_MAX = 100

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => undefined)
  let head = Buffer.alloc(0)
  socket.on('data', function read(chunk: Buffer) {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf(10)
    if (end < 0 && head.length <= LINE_BYTES_MAX) return
    socket.off('data', read)
    socket.pause()
    const [verb, count, rate] = head.subarray(0, end).toString('latin1').split(' ')
    if (verb === 'down') void sendPattern(socket, Number(count), Number(rate)).then(() => socket.end())
    else sink(socket, Number(count), head.subarray(end + 1))
  })
})
await once(server.listen(Number(process.argv[2]), '::'), 'listening')
process.stdout.write('READY\n')

function sink(socket: Socket, count: number, first: Buffer): void {
  const marks = new Marks(count, () => socket.end())
  socket.on('data', (chunk) => marks.take(chunk)).on('close', () => marks.end())
  marks.take(first)
  socket.resume()
}
