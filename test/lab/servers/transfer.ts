// A program that fetches bytes from servers/bytes.ts, or sends it some, through a SOCKS5 proxy, as any program would.
//   node transfer.ts SOCKS_HOST:PORT HOST PORT down COUNT RATE|up COUNT RATE     a download says its marks; see marks.ts
import { once } from 'node:events'
import { SocksClient } from 'socks'
import { Marks, sendPattern } from './marks.ts'

const [proxy = '', host = '', port = '', verb = '', countText = '', rateText = '0'] = process.argv.slice(2)
const [count, rate] = [Number(countText), Number(rateText)]
const [proxyHost = '', proxyPort] = proxy.split(':')

const { socket } = await SocksClient.createConnection({
  proxy: { host: proxyHost, port: Number(proxyPort), type: 5 },
  command: 'connect',
  destination: { host, port: Number(port) },
})
socket.on('error', () => undefined).setNoDelay(true)
socket.write(`${verb} ${count} ${rate}\n`)
if (verb === 'up') {
  socket.resume()
  await sendPattern(socket, count, rate)
  await once(socket, 'close')
} else {
  const marks = new Marks(count, () => socket.destroy())
  socket.on('data', (chunk) => marks.take(chunk)).on('close', () => marks.end())
}
