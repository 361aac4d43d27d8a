// What tells the network that this computer is on from others: read locally, never asked for on the network, and never shown or stored as it is.
import { getServers } from 'node:dns'
import { readFileSync } from 'node:fs'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** A byte string that is the same each time on the same network; empty when there is no interface with an address. */
export function networkBytes(): Uint8Array {
  const places = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).filter(isOfNetwork).map((address) => ({ name, text: prefixOf(address) })),
  )
  if (places.length === 0) return new Uint8Array()
  const routes = defaultRoutes()
  // Where the way out is known, interfaces of containers and the like, which come and go, say nothing of it.
  const ours = routes.length === 0 ? places : places.filter(({ name }) => routes.some((route) => route.name === name))
  const text = [...new Set(ours.map((place) => place.text)), ...routes.map(({ gateway }) => gateway), ...getServers()].sort().join('\n')
  return new TextEncoder().encode(text)
}

function isOfNetwork({ internal, address }: NetworkInterfaceInfo): boolean {
  return !internal && !address.startsWith('fe80:')
}

/** Many systems draw their addresses anew; the prefix is the network's. */
function prefixOf({ cidr, address, family }: NetworkInterfaceInfo): string {
  const [, bits = '32'] = (cidr ?? '').split('/')
  if (family === 'IPv6') return `6/${bits}`
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return `${number - (number % 2 ** (32 - Number(bits)))}/${bits}`
}

/** Linux's table of routes, where there is one; the gateway in the kernel's own letters. */
function defaultRoutes(): { readonly name: string; readonly gateway: string }[] {
  try {
    const rows = readFileSync('/proc/net/route', 'utf8')
      .split('\n')
      .map((row) => row.split('\t'))
    return rows.filter(([, destination]) => destination === '00000000').map(([name = '', , gateway = '']) => ({ name, gateway }))
  } catch {
    return []
  }
}
