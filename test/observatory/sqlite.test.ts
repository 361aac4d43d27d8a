import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { type Place, pipelineSuite } from './pipeline-suite.ts'
import { reportSuite } from './report-suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-observatory-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0

const there: Place = {
  newStore: () => join(folder, `${count++}.db`),
  bytesOf: (file) => Buffer.concat([file, `${file}-wal`].map((one) => readFileSync(one))),
}

pipelineSuite('SQLite', there)
reportSuite('SQLite', there)
