// What sites that speak QUIC say to a version that they do not know: the versions that they have (RFC 9000 §17.2.1). node quic.ts ADDRESS...
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const LONG_HEADER = 0x80
const IDS_AT = 5
const VERSION_1 = [0, 0, 0, 1]

for (const address of process.argv.slice(2)) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (packet, { address, port }) => {
    const [first = 0, toBytes = 0] = [packet[0], packet[IDS_AT]]
    if ((first & LONG_HEADER) === 0) return
    const to = packet.subarray(IDS_AT, IDS_AT + 1 + toBytes)
    const fromAt = IDS_AT + 1 + toBytes
    const from = packet.subarray(fromAt, fromAt + 1 + (packet[fromAt] ?? 0))
    socket.send(Buffer.concat([Buffer.from([LONG_HEADER, 0, 0, 0, 0]), from, to, Buffer.from(VERSION_1)]), port, address)
  })
  await once(socket.bind(443, address), 'listening')
}
process.stdout.write('READY\n')
