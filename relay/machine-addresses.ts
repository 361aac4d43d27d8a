// The addresses that this machine has: where a relay may listen, and what it must not be made to dial.
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

export function machineAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
}

/** What stands for all of them: of IPv6 only where there is no other that somebody else could dial. */
export function everyAddress(addresses: readonly string[]): string {
  const families = addresses.filter((one) => !/^(?:127\.|169\.254\.|::1$|fe[89ab])/i.test(one)).map(isIP)
  return families.includes(6) && !families.includes(4) ? '[::]' : '0.0.0.0'
}
