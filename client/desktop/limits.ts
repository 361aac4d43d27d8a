// Every limit of the desktop app, in one place: counts, sizes and times, each with its reason. Tests pass smaller ones.

/** Programs of the operating system that read and write its settings. */
export const programLimits = {
  /** One call. They need milliseconds; PowerShell on a slow disk needs seconds to start. */
  runMs: 20_000,
  /** What one says, at most: the longest is a list of 500 sites that go direct. */
  outputBytesMax: 1_048_576,
}
export type ProgramLimits = Readonly<typeof programLimits>

/** The system's proxy. */
export const systemProxyLimits = {
  /** The journal: two copies of the settings, each with a list of sites that go direct. */
  journalBytesMax: 1_048_576,
  /** How long one process waits until another has changed the settings; then that one is taken for stuck. A few calls of a slow program. */
  lock: { lookMs: 25, silentMs: 60_000 },
  /** How often it is looked whether the settings still stand: rarely, since each look starts a program. */
  checkMs: 60_000,
  /** Network services of a Mac: Wi-Fi, a few adapters and VPNs. */
  servicesMax: 64,
}
export type SystemProxyLimits = Readonly<typeof systemProxyLimits>

/** The port that refuses while the kill switch is on. */
export const refusalLimits = {
  /** Sockets at once; each is answered and closed. */
  socketsMax: 256,
  /** From accepted to answered; browsers send their request at once. */
  answerMs: 5_000,
  /** A request head; only its first line is looked at. */
  headBytesMax: 16_384,
}
export type RefusalLimits = Readonly<typeof refusalLimits>

/** Sites that go direct. */
export const directLimits = {
  /** The person's own list and a country's together. */
  rulesMax: 600,
  /** The longest name that DNS knows (RFC 1035 §2.3.4). */
  nameMax: 253,
}

/** “Forget everything”. */
export const forgetLimits = {
  /** Chromium empties its storages in a fraction of a second, and never where its disk is full. */
  sessionsMs: 10_000,
}

/** The file of what the app core keeps between runs. */
export const stateFileLimits = {
  /** Its text (stateLimits.textMax letters) in UTF-8, sealed. */
  bytesMax: 16_777_216,
}

/** The engine's process. */
export const engineProcessLimits = {
  /** Commands under way: a person has one hand, a page that went mad has many. */
  commandsMax: 32,
  /** From "stop" to its end: it resets streams, puts the system's proxy back and saves. */
  stopMs: 6_000,
  /** It is started again after so many crashes within the window; then something is wrong that a start does not mend. */
  crashesMax: 5,
  crashWindowMs: 60_000,
}

/** The window, and its page. */
export const windowLimits = {
  width: 920,
  height: 680,
  /** The narrowest that the screens are made for. */
  minWidth: 360,
  minHeight: 480,
  /** As those of the engine's process. */
  crashesMax: 3,
  crashWindowMs: 60_000,
}

/** Chromium's levels, each 1.2 times the one before: from 58 % to 400 %, which is as far as pages must fit (WCAG 2.2, 1.4.10). */
export const zoomLimits = {
  step: 0.5,
  least: -3,
  most: 7.5,
}

/** From setting the proxy of a hidden window to Chromium's network service going by it. */
export const leadLimits = {
  /** It takes milliseconds; a dial has twice as long in all. */
  waitMs: 10_000,
  lookMs: 5,
}

/** Greetings of the hop by a hidden window: as many as a network may change while one is on its way. */
export const GREETINGS_MAX = 3

/** What the app is opened with. */
export const openedLimits = {
  /** Files and links of one start. */
  textsMax: 16,
  /** Of each; as long as what may be pasted (commandLimits.inviteTextMax). */
  textBytesMax: 65_536,
}

/** Signed updates. */
export const updateLimits = {
  /** Maintainers whose keys count; and signatures of one document, those of keys on their way out included. */
  keysMax: 16,
  signaturesMax: 32,
  /** Changes of keys in one document: one a year for a person who starts an old copy. */
  rotationsMax: 16,
  /** Operating systems, processors and kinds of package of one release. */
  filesMax: 32,
  /** The document: sixteen rotations of sixteen keys are 60 kB. */
  documentBytesMax: 262_144,
  /** An installer: Electron's are 80 to 150 MB. */
  fileBytesMax: 1_073_741_824,
  /** From asking for the document to its end, over a slow session. */
  documentMs: 60_000,
  /** A download that brings nothing for so long has stalled, and is gone on with at the next try. */
  stallMs: 60_000,
  /** Tries that brought nothing new, in a row, until a download is given up. */
  idleTriesMax: 5,
  /** How long after such a try the next one comes: the line may be changing its way. */
  againMs: 2_000,
  /** Progress is told so often at most. */
  progressMs: 250,
}
export type UpdateLimits = Readonly<typeof updateLimits>

/** What is given to a friend. */
export const shareLimits = {
  /** Letters of an invite in a QR code: a denser one is beyond the cameras of old phones. */
  qrTextMax: 1_200,
  /** Folders of that name beside each other, until the person is asked for another place. */
  foldersMax: 99,
}
