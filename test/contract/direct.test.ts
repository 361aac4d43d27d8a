// The contract, with nothing between client and relay; and behind an edge that holds everything back, in which the http carrier polls.
import { describeSetting } from './carrier-suite.ts'
import { DIRECT } from './settings.ts'

/** All 65,536 places of each: npm run cuts. */
const CUTS = 1_000
/** Where the relay learns of a cut by the client's silence, seconds later. */
const CUTS_POLLED = 96

for (const setting of DIRECT) describeSetting(setting, setting.name.includes('polls') ? CUTS_POLLED : CUTS)
