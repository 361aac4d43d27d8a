// Which version of the program this is, as package.json has it.
import { readFileSync } from 'node:fs'

export function readVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }).version
}
