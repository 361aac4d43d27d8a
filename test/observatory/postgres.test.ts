import { afterAll, beforeAll, describe } from 'vitest'
import { needs } from '../needs.ts'
import { pipelineSuite } from './pipeline-suite.ts'
import { bytesBelow, type Postgres, startPostgres } from './postgres.ts'

describe.runIf(needs('postgres'))('on PostgreSQL', () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(async () => {
    await postgres.stop()
  })

  pipelineSuite('PostgreSQL', {
    newStore: () => postgres.newDatabase(),
    // The write-ahead log is the server's own, and is written over in its turn: docs/PRIVACY.md says for how long it may hold what was deleted.
    bytesOf: () => bytesBelow(`${postgres.folder}/base`),
  })
})
