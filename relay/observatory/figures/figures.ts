// Every figure that there is, by its name in addresses.
import type { Almanac } from '../almanac.ts'
import type { Figure } from '../charts/figure.ts'
import type { Voice } from '../words/voice.ts'
import type { Asked } from './asked.ts'
import { costMonthsFigure } from './costs.ts'
import { countriesFigure, mapFigure } from './countries.ts'
import { economyFigure } from './economy.ts'
import { demandFigure } from './events.ts'
import { privacyFigure } from './privacy.ts'
import { leftOutFigure, preparednessFigure } from './readiness.ts'
import { compareFigure, servedFigure } from './served.ts'
import { sharesFigure, waysFigure, wayTimesFigure } from './ways.ts'

type Maker = (almanac: Almanac, voice: Voice, asked: Asked) => Figure

const FIGURES: Readonly<Record<string, Maker>> = {
  people: servedFigure('people'),
  hours: servedFigure('hours'),
  gigabytes: servedFigure('gigabytes'),
  sessions: servedFigure('sessions'),
  compare: compareFigure,
  demand: demandFigure,
  economy: economyFigure,
  countries: countriesFigure,
  map: mapFigure,
  ways: waysFigure,
  'way-times': wayTimesFigure,
  verdicts: sharesFigure('verdicts'),
  connect: sharesFigure('connect'),
  preparedness: preparednessFigure,
  'cost-months': costMonthsFigure,
  'left-out': leftOutFigure,
  privacy: privacyFigure,
}

export function figureOf(name: string, almanac: Almanac, voice: Voice, asked: Asked): Figure | undefined {
  return Object.hasOwn(FIGURES, name) ? FIGURES[name]?.(almanac, voice, asked) : undefined
}

export const FIGURE_NAMES: readonly string[] = Object.keys(FIGURES)
