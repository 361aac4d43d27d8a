// What an authority keeps, on a real PostgreSQL: the same claims as on SQLite.
import { describeOnPostgres } from '../on-postgres.ts'
import { distributorSuite } from '../relay/directory/distributor-suite.ts'

describeOnPostgres((postgres) => distributorSuite(() => postgres().newDatabase()))
