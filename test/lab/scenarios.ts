// The rows of docs/RESILIENCE.md: each raises what it needs, measures one bar and leaves nothing behind.
import { raise } from './country.ts'
import type { Row } from './report.ts'
import { crowdRows } from './scenarios/crowd.ts'
import { insideRows } from './scenarios/inside.ts'
import { programRows } from './scenarios/programs.ts'
import { recoveryRows } from './scenarios/recovery.ts'
import { switchingRows } from './scenarios/switching.ts'
import { percentile } from './scenarios/timeline.ts'
import { verdictRows } from './scenarios/verdicts.ts'

const UP_AND_DOWN_S = 1
const TIMES = 10

export const ROWS: Readonly<Record<string, Row>> = {
  'the country, up and down': async () => {
    const seconds: number[] = []
    for (let time = 0; time < TIMES; time++) {
      const beganMs = performance.now()
      await (await raise()).close()
      seconds.push((performance.now() - beganMs) / 1000)
    }
    const median = percentile(seconds, 50)
    return { figure: `median ${median.toFixed(1)} s of ${TIMES}`, bar: `≤ ${UP_AND_DOWN_S} s`, pass: median <= UP_AND_DOWN_S }
  },
  ...switchingRows(100_000_000, 20),
  ...verdictRows,
  ...recoveryRows(10),
  ...programRows,
  ...insideRows,
  ...crowdRows,
}
