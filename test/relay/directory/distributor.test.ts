import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { distributorSuite } from './distributor-suite.ts'
import { sharingSuite } from './sharing-suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-distributor-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0

describe('on SQLite', () => {
  const newStore = (): string => join(folder, `${count++}.db`)
  distributorSuite(newStore)
  describe('several authorities', () => sharingSuite(newStore))
})
