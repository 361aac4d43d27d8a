// Ends HTTP/2 sessions whose peer is gone. Node (24.21, November 2026) stops reading while it writes, and forgets to go on when that write fails: no event
// tells of the end, of the session or of its streams, and both stay for ever. So we ask the kernel from time to time whether there is a peer.
import type { Http2Session } from 'node:http2'
import type { Server } from 'node:net'

interface Handle {
  /** 0, or an error. Node keeps what the public property says from when there was a peer. */
  getpeername?(into: object): number
}

/** Watches all sessions that come in. Returns what ends the watch. */
export function endDeadSessions(server: Server, sweepMs: number): () => void {
  const sessions = new Set<Http2Session>()
  server.on('session', (session: Http2Session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  const timer = setInterval(() => {
    for (const session of sessions) if (!hasPeer(session)) session.destroy()
  }, sweepMs)
  timer.unref()
  return () => clearInterval(timer)
}

function hasPeer({ socket }: Http2Session): boolean {
  const handle = (socket as { _handle?: Handle | undefined } | undefined)?._handle
  return typeof handle?.getpeername !== 'function' || handle.getpeername({}) === 0
}
