// What this machine gives to one process of a relay, and so how far the limits of sessions and carriers go on it.
import { totalmem } from 'node:os'
import {
  type HttpLimits,
  httpLimits,
  type ListenLimits,
  listenLimits,
  MEMORY_PARTS,
  SESSION_BYTES,
  type SessionLimits,
  SOCKET_FILES_PART,
  sessionLimits,
  VISITOR_BYTES,
  VISITOR_FILES_PART,
} from './limits.ts'
import { openFilesMax } from './open-files.ts'

export interface MachineRoom {
  readonly memoryBytes: number
  /** Files that this process may have open; undefined: not known. */
  readonly openFilesMax: number | undefined
}

export function thisRoom(): MachineRoom {
  return { memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY), openFilesMax: openFilesMax() }
}

/** As one of so many processes. */
export function limitsIn(
  { memoryBytes, openFilesMax: filesMax }: MachineRoom,
  processCount: number,
): { session: SessionLimits; http: HttpLimits; listen: ListenLimits } {
  const part = (share: number): number => Math.floor((memoryBytes * share) / processCount)
  const files = (share: number): number => Math.floor((filesMax ?? Number.POSITIVE_INFINITY) * share)
  const { sessionsMax, heldBytesMax, socketsMax } = sessionLimits
  return {
    session: {
      ...sessionLimits,
      sessionsMax: Math.min(sessionsMax, Math.floor(part(MEMORY_PARTS.sessions) / SESSION_BYTES)),
      heldBytesMax: Math.min(Math.floor(heldBytesMax / processCount), part(MEMORY_PARTS.held)),
      socketsMax: Math.min(socketsMax, files(SOCKET_FILES_PART)),
    },
    http: { ...httpLimits, unreadBytesMax: Math.min(Math.floor(httpLimits.unreadBytesMax / processCount), part(MEMORY_PARTS.unread)) },
    listen: {
      ...listenLimits,
      visitorsMax: Math.min(listenLimits.visitorsMax, Math.floor(part(MEMORY_PARTS.visitors) / VISITOR_BYTES), files(VISITOR_FILES_PART)),
    },
  }
}
