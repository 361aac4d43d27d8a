// The rows of docs/RESILIENCE.md: each raises what it needs, measures one bar and leaves nothing behind.
import { raise } from './country.ts'
import type { Row } from './report.ts'
import { crowdRows } from './scenarios/crowd.ts'
import { insideRows } from './scenarios/inside.ts'
import { programRows } from './scenarios/programs.ts'
import { recoveryRows } from './scenarios/recovery.ts'
import { switchingRows } from './scenarios/switching.ts'
import { verdictRows } from './scenarios/verdicts.ts'

const UP_AND_DOWN_S = 1.5

export const ROWS: Readonly<Record<string, Row>> = {
  'the country, up and down': async () => {
    const beganMs = performance.now()
    await (await raise()).close()
    const seconds = (performance.now() - beganMs) / 1000
    return { figure: `${seconds.toFixed(1)} s`, bar: `≤ ${UP_AND_DOWN_S} s`, pass: seconds <= UP_AND_DOWN_S }
  },
  ...switchingRows(100_000_000, 20),
  ...verdictRows,
  ...recoveryRows(10),
  ...programRows,
  ...insideRows,
  ...crowdRows,
}
