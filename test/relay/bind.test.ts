import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { bind, listenFault } from '../../relay/bind.ts'
import { everyAddress, machineAddresses } from '../../relay/machine-addresses.ts'

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

test('an address that the machine has not is said so, and one of those that it has is advised, by what every relay has for it', async () => {
  const failed = await bind(createServer(), { host: '192.0.2.1', port: 8443 }).catch((error: unknown) => error)
  const words = listenFault(failed) ?? ''
  expect(words).toContain(
    `This machine has no address 192.0.2.1. Listen elsewhere, for example on ${everyAddress(machineAddresses())}:8443:`,
  )
  expect(words).toContain('config.json')
  expect(words).not.toContain('--listen')
})
