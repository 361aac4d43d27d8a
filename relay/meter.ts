// What one process of a relay counts: numbers of everyone together, in memory, gone with it. What of them is shown is rounded first (status/round.ts).

export class Meter {
  /** Of carriers: what sessions sent and received, as it was on the wire inside TLS. */
  upBytes = 0
  downBytes = 0
  sessionsBegun = 0
  /** Genuine newcomers that found no room. */
  sessionsRefused = 0
  streamsOpened = 0
  dialsFailed = 0
  /** Dials that the operator's exit policy refused, or an address that nobody may reach. */
  dialsDenied = 0
  /** Dials that the scan damper refused. */
  dialsDamped = 0
}
