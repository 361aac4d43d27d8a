// The system's hosts file, which c-ares' queries pass over: names that the machine's administrator has pinned.
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'

/** Addresses by name (lower case), in the file's order. */
export type Hosts = ReadonlyMap<string, readonly string[]>

/** Reads a file in the form of hosts(5). A file that is missing, unreadable or larger than `bytesMax` counts as empty. */
export function readHosts(path: string, bytesMax: number): Hosts {
  const hosts = new Map<string, string[]>()
  for (const line of readText(path, bytesMax).split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/)
    if (address === undefined || isIP(address) === 0) continue
    for (const name of names) {
      const addresses = hosts.get(name)
      if (addresses === undefined) hosts.set(name, [address])
      else addresses.push(address)
    }
  }
  return hosts
}

function readText(path: string, bytesMax: number): string {
  try {
    return statSync(path).size <= bytesMax ? readFileSync(path, 'utf8') : ''
  } catch {
    return ''
  }
}
