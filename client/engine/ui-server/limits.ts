// Every limit of the browser's screens, with its reason.

export const uiServerLimits = {
  /** Sockets at once: a browser opens six to one host, and a person may have it open twice. Beyond, who has no key makes way (room.ts). */
  socketsMax: 32,
  /** Streams of status at once: one for each tab. */
  watchersMax: 8,
  /** A request's head: cookies of other programs on this address come along. */
  headBytesMax: 16_384,
  /** From accepted to a complete request. */
  requestMs: 10_000,
  /** Bytes of status that a tab has not read: it gets the next whole one when it has. */
  behindBytesMax: 524_288,
  /** A stream of status says something at least so often, so that either side notices when the other is gone. */
  beatMs: 15_000,
}
export type UiServerLimits = Readonly<typeof uiServerLimits>
