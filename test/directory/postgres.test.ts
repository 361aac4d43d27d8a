// What an authority keeps, on a real PostgreSQL: the same claims as on SQLite.
import { afterAll, beforeAll, describe } from 'vitest'
import { needs } from '../needs.ts'
import { type Postgres, startPostgres } from '../observatory/postgres.ts'
import { distributorSuite } from '../relay/directory/distributor-suite.ts'

describe.runIf(needs('postgres'))('on PostgreSQL', () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(async () => {
    await postgres.stop()
  })

  distributorSuite(() => postgres.newDatabase())
})
