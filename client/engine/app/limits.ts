// Every limit of the app core, with its reason.

export const appLimits = {
  /** A status at most so often: the eye follows no more, and a slow machine has other work. */
  statusEveryMs: 100,
  /** One sample of the graph. */
  sampleMs: 1_000,
  /** A second with less is still: a ping and its answer are 350 bytes, and the first of a session, which are padded at random, up to 2,900. */
  movingBytes: 3_072,
  /** Of a still line, so many samples are drawn at once. */
  stillSamples: 15,
  /** What the engine learned is stored after so long without news. */
  saveAfterMs: 1_000,
  /** Invites in one pasted text. */
  invitesInTextMax: 16,
  /** Lines that a mail program may have broken one into: 8 kB by 64 letters, and some words around it. */
  inviteLinesMax: 160,
  /** What a link or file that was opened from outside may hold. */
  openedTextMax: 65_536,
  /** Updates are looked for so often, while connected: as often as their list is made anew. */
  updateEveryMs: 86_400_000,
  /** How often it is looked whether a report is due: once a day at most it is. */
  reportLookMs: 60_000,
  /** Previews that are kept until they are saved: the last of each kind. */
  previewsMax: 4,
}
