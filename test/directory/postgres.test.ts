// What an authority keeps, on a real PostgreSQL: the same claims as on SQLite.
import { describe } from 'vitest'
import { describeOnPostgres } from '../on-postgres.ts'
import { distributorSuite } from '../relay/directory/distributor-suite.ts'
import { schemaSuite } from '../relay/directory/schema-suite.ts'
import { sharingSuite } from '../relay/directory/sharing-suite.ts'

describeOnPostgres((postgres) => {
  distributorSuite(() => postgres().newDatabase())
  schemaSuite(() => postgres().newDatabase())
  describe('several authorities', () => sharingSuite(() => postgres().newDatabase()))
})
