// The rows of docs/RESILIENCE.md: each raises what it needs, measures one bar and leaves nothing behind.
import { raise } from './country.ts'
import type { Row } from './report.ts'

const UP_AND_DOWN_S = 1.5

export const ROWS: Readonly<Record<string, Row>> = {
  'the country, up and down': async () => {
    const beganMs = performance.now()
    await (await raise()).close()
    const seconds = (performance.now() - beganMs) / 1000
    return { figure: `${seconds.toFixed(1)} s`, bar: `≤ ${UP_AND_DOWN_S} s`, pass: seconds <= UP_AND_DOWN_S }
  },
}
