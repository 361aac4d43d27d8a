// What an operator reads when the system refused something.
import { expect, test } from 'vitest'
import { fileRefused, withAdvice } from '../../relay/operator-error.ts'

test('a code of the system comes with what to do, where there is something to do', () => {
  expect(withAdvice(fileRefused('/var/lib/relay', 'written', { code: 'ENOSPC' }).message)).toBe(
    '/var/lib/relay can’t be written (ENOSPC). The disk is full: make room, then do it again.',
  )
  expect(withAdvice('keys.json can’t be read (EACCES).')).toContain('as root (sudo)')
  for (const other of ['It is (constructor).', '--rate must be a number.']) expect(withAdvice(other)).toBe(other)
})

test('of what is missing, it is said which that is', () => {
  const missing = { code: 'ENOENT' }
  expect(fileRefused('invite', 'read', missing).message).toBe('invite does not exist.')
  expect(fileRefused('a/me.svg', 'written', missing).message).toBe(
    'a/me.svg can’t be written: the folder that it belongs into does not exist.',
  )
})
