// Sends back what it gets, by TCP and UDP, at one port of all addresses: node echo.ts PORT
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

const port = Number(process.argv[2])

const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket))
await once(server.listen(port, '::'), 'listening')
const datagrams = createSocket('udp6')
datagrams.on('message', (message, { address, port }) => datagrams.send(message, port, address)).bind(port, '::')
await once(datagrams, 'listening')
process.stdout.write('READY\n')
