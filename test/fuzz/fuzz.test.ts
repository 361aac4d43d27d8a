import { describe, expect, test } from 'vitest'
import { fuzz, readCorpus, tryInput } from './fuzzer.ts'
import { TARGETS } from './targets/all.ts'

const SEED = 1
const COUNT = 5_000
/** Those whose every input makes keys, a signature or a session. */
const SLOW_COUNT = 600
const SLOW = ['handshake-at-relay', 'handshake-at-client', 'session-at-relay', 'session-at-client', 'record', 'policy-body']

describe.each(TARGETS)('$name', (target) => {
  const count = SLOW.includes(target.name) ? SLOW_COUNT : COUNT

  test(`${count} mutants end as the decoder promises`, () => {
    const { crash } = fuzz(target, SEED, (done) => done < count)
    expect(crash && `${crash.error.stack}\n${Buffer.from(crash.input).toString('hex').slice(0, 2_000)}`).toBeUndefined()
  })

  test.each([...target.seeds.map((input, i) => ({ name: `seed ${i}`, input })), ...readCorpus(target)])('$name', ({ input }) => {
    const ended = tryInput(target, input)
    expect(ended instanceof Error ? ended.stack : undefined).toBeUndefined()
  })
})
