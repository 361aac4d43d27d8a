// A program: passes sockets on and cuts each of them so many seconds after it was made. node cap.ts PATH HOST:PORT SECONDS
import { connect, createServer } from 'node:net'
import { argv } from 'node:process'

const [path = '', address = '', seconds = ''] = argv.slice(2)
const cut = address.lastIndexOf(':')
const to = { host: address.slice(0, cut).replace(/^\[|\]$/g, ''), port: Number(address.slice(cut + 1)), noDelay: true }

const server = createServer({ allowHalfOpen: true }, (socket) => {
  const far = connect({ ...to, allowHalfOpen: true })
  const both = [socket, far]
  const end = (): void => {
    for (const one of both) one.destroy()
  }
  const timer = setTimeout(end, Number(seconds) * 1000)
  for (const one of both) one.on('error', end).on('close', () => clearTimeout(timer))
  socket.pipe(far)
  far.pipe(socket)
})
server.listen(path, () => console.log('ready'))
