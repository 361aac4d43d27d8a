// Fetching a younger directory: through a session with a relay, or from a source by a session of its own, direct or by an edge. All look like any other
// session from outside. What comes is checked by the book; a copy in a file goes the same way (directory-command.ts).
import { type Crypto, DIRECTORY_TARGET, encodeDirectoryRequest, type Invite } from '#protocol'
import { askStream, type Drive } from '#protocol/node'
import type { Clock } from './clock.ts'
import type { DirectoryBook, Taken } from './control/directory.ts'
import type { Way } from './control/way.ts'
import { directoryLimits, linkLimits } from './limits.ts'
import { Opening } from './opening.ts'
import { DialError, type Platform } from './platform.ts'
import type { RelaySession } from './relay-session.ts'

/** Asks whoever the session is with, and tells the book. undefined: there was no answer. Never rejects. */
export async function fetchThrough(drive: Pick<Drive, 'open'>, book: DirectoryBook, clock: Clock): Promise<Taken | undefined> {
  const ask = (request: Parameters<typeof encodeDirectoryRequest>[0]): Promise<Uint8Array | undefined> =>
    askStream(drive, DIRECTORY_TARGET, encodeDirectoryRequest(request), directoryLimits)
  const { known, size } = book
  const bytes = await ask({ kind: 'bundle', size })
  const taken = bytes && book.take(bytes, clock.nowS(), known)
  // The roll is asked for whole: nobody learns which of its relays are known here.
  const number = book.rollWanted
  const roll = number === undefined ? undefined : await ask({ kind: 'roll', number })
  if (roll !== undefined) book.takeRoll(roll)
  return taken
}

export interface SourceOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  readonly source: Invite
  /** To the source, by its only index, 0. */
  readonly way: Way
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Begins a session with a source by this way, asks by it, and ends it. undefined: it could not be had, or had no answer. Never rejects. */
export async function throughSource<T>(
  { platform, crypto, source, way, clock, signal }: SourceOptions,
  ask: (drive: Drive) => Promise<T | undefined>,
): Promise<T | undefined> {
  const nothing = (): void => undefined
  const opening = new Opening({
    platform,
    crypto,
    invites: [source],
    clock,
    lifeOf: () => ({ bytes: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }),
    sessionEvents: { onLost: (session) => session.drive.stop(), onLate: nothing, onDraining: nothing, onEnd: nothing },
    limits: linkLimits,
  })
  const { offsetS } = clock
  let session: RelaySession | undefined
  const begin = (): Promise<void> =>
    opening.begin(way, signal, (begun) => {
      session = begun
    })
  try {
    // A source that answers as a site may tell that our clock is off: then once more, by its time.
    await begin().catch((error: unknown) => {
      const isClock = error instanceof DialError && error.reason === 'not-admitted' && clock.learn(error.siteTimeS, offsetS)
      if (!isClock || signal.aborted) throw error
      return begin()
    })
    return session && (await ask((session as RelaySession).drive))
  } catch (error) {
    if (error instanceof DialError) return undefined
    throw error
  } finally {
    session?.drive.stop()
  }
}
