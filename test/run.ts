// `npm test`: brings the programs that the suites need, runs every test, and ends with one line: N passed, N failed.
// Arguments after `npm test --` are parts of file names, to run only those.
import { startVitest } from 'vitest/node'
import { needsToSkip } from './needs.ts'
import { installMissingPrograms } from './system-packages.ts'
import { Tally } from './tally.ts'

const skipped = needsToSkip()
if (skipped.length > 0) console.log(`Left out because CULVERT_SKIP says so: ${skipped.join(', ')}`)
installMissingPrograms()

const tally = new Tally()
const vitest = await startVitest('test', process.argv.slice(2), { watch: false, reporters: ['default', tally] })
await vitest.close()
console.log(tally.summary())
process.exit(tally.ok ? 0 : 1)
