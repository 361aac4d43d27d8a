import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { bind } from '../../relay/bind.ts'

test('what accepting fails of, with descriptors or memory used up, ends nothing', async () => {
  const server = createServer()
  await bind(server, { host: '127.0.0.1', port: 0 })
  // As Node tells of it.
  expect(server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE', syscall: 'accept' }))).toBe(true)
  expect(server.listening).toBe(true)
  server.close()
})

test('a port that is taken is said so', async () => {
  const [first, second] = [createServer(), createServer()]
  await bind(first, { host: '127.0.0.1', port: 0 })
  await expect(bind(second, { host: '127.0.0.1', port: (first.address() as { port: number }).port })).rejects.toThrow('EADDRINUSE')
  first.close()
})
