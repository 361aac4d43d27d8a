// Which version of the program this is, as package.json has it.
import { readFileSync } from 'node:fs'
import type { Version } from '#protocol'

export function readVersion(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }).version
}

/** What stands behind the three numbers does not count. */
export function parseVersion(version: string): Version {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return [major, minor, patch]
}
