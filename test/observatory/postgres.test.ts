import { describeOnPostgres } from '../on-postgres.ts'
import { type Place, pipelineSuite } from './pipeline-suite.ts'
import { bytesBelow } from './postgres.ts'
import { reportSuite } from './report-suite.ts'

describeOnPostgres((postgres) => {
  const there: Place = {
    newStore: () => postgres().newDatabase(),
    // The write-ahead log is the server's own, and is written over in its turn: docs/PRIVACY.md says for how long it may hold what was deleted.
    bytesOf: () => bytesBelow(`${postgres().folder}/base`),
  }

  pipelineSuite('PostgreSQL', there)
  reportSuite('PostgreSQL', there)
})
