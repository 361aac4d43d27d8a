// What an operator reads when the system refused something.
import { expect, test } from 'vitest'
import { withAdvice } from '../../relay/operator-error.ts'

test('a code of the system comes with what to do, where there is something to do', () => {
  expect(withAdvice('/var/lib/relay could not be written (ENOSPC).')).toBe(
    '/var/lib/relay could not be written (ENOSPC). The disk is full: make room, then do it again.',
  )
  expect(withAdvice('keys.json can’t be read (EACCES).')).toContain('as root (sudo)')
  for (const other of ['keys.json can’t be read (ENOENT).', 'It is (constructor).', '--rate must be a number.'])
    expect(withAdvice(other)).toBe(other)
})
