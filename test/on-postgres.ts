// Suites that need a real PostgreSQL: each has a server of its own, which is there before its first test and gone after its last.
import { afterAll, beforeAll, describe } from 'vitest'
import { needs } from './needs.ts'
import { type Postgres, startPostgres } from './observatory/postgres.ts'

/** `suite` states tests; what it is given is there once the first of them begins. */
export function describeOnPostgres(suite: (postgres: () => Postgres) => void): void {
  describe.runIf(needs('postgres'))('on PostgreSQL', () => {
    let postgres: Postgres
    beforeAll(async () => {
      postgres = await startPostgres()
    })
    afterAll(() => postgres.stop())

    suite(() => postgres)
  })
}
