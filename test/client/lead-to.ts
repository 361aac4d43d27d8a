// Names that lead where a test wants them to, for whoever asks Node. Undone by vi.restoreAllMocks() and syncBuiltinESMExports().
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { vi } from 'vitest'

/** Every name is this address. */
export function leadTo(address: string): void {
  vi.spyOn(dns, 'lookup').mockImplementation(((...told: unknown[]) => {
    const [options, done] = told.slice(-2) as [dns.LookupAllOptions, (error: null, found: unknown, family?: number) => void]
    if (typeof options === 'object' && options.all) done(null, [{ address, family: 4 }])
    else done(null, address, 4)
  }) as typeof dns.lookup)
  syncBuiltinESMExports()
}
