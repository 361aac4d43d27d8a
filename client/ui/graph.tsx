// The last minute, up and down, as two lines. Its sentence says the same to those who don't see it.
import type { JSX } from 'preact'
import type { Traffic } from '../contract/app-status.ts'
import { statusLimits } from '../contract/limits.ts'
import { useUi } from './context.ts'
import { Icon } from './icons.tsx'
import { rateText } from './sentences.ts'

const WIDTH = 300
const HEIGHT = 72
/** A quiet line is no mountain: the scale begins at 8 kB/s. */
const SCALE_MIN = 8_000

export function Graph({ traffic }: { readonly traffic: Traffic }): JSX.Element {
  const { words, say } = useUi()
  const { down, up, downBytes, upBytes } = traffic
  const most = { down: Math.max(0, ...down), up: Math.max(0, ...up) }
  const scale = Math.max(SCALE_MIN, most.down, most.up)
  const label = say('graph', { down: words.bytes(most.down), up: words.bytes(most.up) })
  return (
    <div class="traffic">
      <svg class="graph" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <path class="graph-area" d={`${lineOf(down, scale)} L${WIDTH} ${HEIGHT} L0 ${HEIGHT} Z`} />
        <path class="graph-down" d={lineOf(down, scale)} />
        <path class="graph-up" d={lineOf(up, scale)} />
      </svg>
      <dl class="rates">
        <div class="rate-down">
          <dt>
            <Icon name="down" />
            {say('down')}
          </dt>
          <dd>{rateText(words, down.at(-1) ?? 0)}</dd>
        </div>
        <div class="rate-up">
          <dt>
            <Icon name="up" />
            {say('up')}
          </dt>
          <dd>{rateText(words, up.at(-1) ?? 0)}</dd>
        </div>
        <div>
          <dt>{say('dataUsed')}</dt>
          <dd>{words.bytes(downBytes + upBytes)}</dd>
        </div>
      </dl>
    </div>
  )
}

/** The newest at the right edge; what is not there yet lies at the bottom. */
function lineOf(samples: readonly number[], scale: number): string {
  const missing = statusLimits.samplesMax - samples.length
  const points = [...Array.from({ length: Math.max(0, missing) }, () => 0), ...samples]
  const step = WIDTH / (points.length - 1)
  return points.map((bytes, index) => `${index === 0 ? 'M' : 'L'}${(index * step).toFixed(1)} ${heightOf(bytes, scale)}`).join(' ')
}

function heightOf(bytes: number, scale: number): string {
  return (HEIGHT - 2 - (bytes / scale) * (HEIGHT - 6)).toFixed(1)
}
