import { afterAll, beforeAll, describe } from 'vitest'
import { needs } from '../needs.ts'
import { type Place, pipelineSuite } from './pipeline-suite.ts'
import { bytesBelow, type Postgres, startPostgres } from './postgres.ts'
import { reportSuite } from './report-suite.ts'

describe.runIf(needs('postgres'))('on PostgreSQL', () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(async () => {
    await postgres.stop()
  })

  const there: Place = {
    newStore: () => postgres.newDatabase(),
    // The write-ahead log is the server's own, and is written over in its turn: docs/PRIVACY.md says for how long it may hold what was deleted.
    bytesOf: () => bytesBelow(`${postgres.folder}/base`),
  }

  pipelineSuite('PostgreSQL', there)
  reportSuite('PostgreSQL', there)
})
