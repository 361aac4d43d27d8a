// What Unicode CLDR knows of a territory: inhabitants, GDP in purchasing power (US dollars), and who speaks what.
import cldr from 'cldr-core/package.json' with { type: 'json' }
import territories from 'cldr-core/supplemental/territoryInfo.json' with { type: 'json' }

interface Territory {
  readonly _population: string
  readonly _gdp: string
  readonly languagePopulation?: Readonly<Record<string, { readonly _populationPercent?: string }>>
}

const TERRITORIES: Readonly<Record<string, Territory>> = territories.supplemental.territoryInfo

export const CLDR_VERSION: string = cldr.version

/** Whether it is a code that somebody may ask for; 001 and ZZ are not. */
export function isTerritory(code: string): boolean {
  return /^[A-Z]{2}$/.test(code) && code !== 'ZZ' && Object.hasOwn(TERRITORIES, code)
}

export function populationOf(code: string): number | undefined {
  return positive(TERRITORIES[code]?._population)
}

/** A year's, in US dollars of purchasing power. */
export function gdpOf(code: string): number | undefined {
  return positive(TERRITORIES[code]?._gdp)
}

/** People by language (the tag before any script or region), roughly: percentages of the population as CLDR estimates them. */
export function speakersOf(code: string): ReadonlyMap<string, number> {
  const known = speakersKnown.get(code) ?? countSpeakers(code)
  speakersKnown.set(code, known)
  return known
}

/** By territory: there are some 250. */
const speakersKnown = new Map<string, ReadonlyMap<string, number>>()

function countSpeakers(code: string): ReadonlyMap<string, number> {
  const territory = TERRITORIES[code]
  const speakers = new Map<string, number>()
  for (const [tag, { _populationPercent }] of Object.entries(territory?.languagePopulation ?? {})) {
    const [language = tag] = tag.split('_')
    const count = (Number(_populationPercent ?? 0) / 100) * (populationOf(code) ?? 0)
    if (count > 0) speakers.set(language, (speakers.get(language) ?? 0) + count)
  }
  return speakers
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text ?? 0)
  return Number.isFinite(value) && value > 0 ? value : undefined
}
