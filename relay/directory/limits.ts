// Every limit of an authority, and of what asks authorities, in one place, each with its reason. Tests pass smaller ones.
import type { Times } from '#protocol'

/** Asking a relay or an authority through a session of our own. */
export const askLimits = {
  /** TCP, TLS, upgrade and the relay's first message. */
  openMs: 15_000,
  /** From the request to the end of the answer; a whole vote of 60,000 relays is 2 MB. */
  answerMs: 60_000,
  /** The largest answer: ballots of all authorities, with room for as many relays as there will be for long. */
  answerBytesMax: 16_777_216,
}
export type AskLimits = Readonly<typeof askLimits>

/** Handing the directory on. */
export const answerLimits = {
  /** Sizes of the log for which it is kept as bytes, up to a mebibyte each: who asks each day stopped at one of the last few. */
  sizesMax: 16,
}

/** Testing relays. */
export const examineLimits = {
  /** Relays at once. */
  atOnceMax: 8,
  /** What is carried to see how fast: long enough for TCP to open up, little enough for a volunteer's month. */
  loadBytes: 524_288,
  loadBytesMax: 1_048_576,
  /** A tenth of a megabyte a second is weight 1. */
  bytesPerWeight: 100_000,
  /** A relay that passed so many test periods ago, at most, is still good: one lost packet delists nobody. */
  passedPeriods: 2.5,
}
export type ExamineLimits = Readonly<typeof examineLimits>

/** What a charter says of times unless its makers say otherwise. */
export const charterTimes: Times = {
  /** Four times a day. */
  periodS: 21_600,
  /** Others are asked in its middle, so clocks may differ by nearly half of it. */
  phaseS: 120,
  /** A day: slower than that and a blocked relay hurts, faster and a censor learns what his blocks do. */
  epochS: 86_400,
}

/** The authority. */
export const authorityLimits = {
  /** Relays that are known here, a descriptor of a kilobyte each; of those who bring them, each may have brought as many as are free. */
  relaysMax: 65_535,
  /** After its last descriptor ran out: one that comes back sooner needs no new code. */
  forgetRelayS: 2_592_000,
  /** What a relay may say anew of itself in an hour: it does once, and at each start and end. Each has the store look through all relays. */
  saidHourlyMax: 30,
  /** A request on a stream: a descriptor with its join code's token. */
  requestBytesMax: 8_192,
  /** Descriptors in one answer to a peer. */
  descriptorsMax: 256,
  /** A peer's request is no older, or further from the future: clocks of servers are within seconds. */
  requestAgeS: 300,
  /** Between two tests of a relay. */
  testS: 1_800,
  /** How long before a meeting descriptors are exchanged, in phases. */
  syncPhases: 2,
  /** Who waits for a meeting looks so often whether the clock was set meanwhile. */
  clockMs: 60_000,
  /** After the last phase: signatures are asked for so many times, half a phase apart. */
  noteAsks: 4,
  /** What one authority decides by hand: what k of n say is less than twice as much, and with their own invites must fit the 262,144 bytes of a consensus. */
  settingsBytesMax: 122_880,
  /** The log is said to fill up from so long before: another network, with other invites, is a long way. */
  logEndS: 31_536_000,
}
export type AuthorityLimits = Readonly<typeof authorityLimits>

/** Handing relays out to members. */
export const distributorLimits = {
  /** How often it is looked whether an epoch has begun. */
  turnMs: 1_000,
  /** Newcomers of so long are placed together: a crowd costs one settling, and nobody waits for it as for a page. */
  settleMs: 300,
  /** Members ask again within this part of the next epoch, drawn, so that they don't all come at its first second. */
  askShare: 0.25,
  /** Who has none to be given is told to come back after so long at most. */
  againSMax: 3_600,
  /** Invites that are not used up; and how long one that has expired is remembered, so that it is called expired and not unknown. */
  invitesMax: 1_000_000,
  forgetInviteS: 7_776_000,
  /** People to one invite, days that it holds. */
  usesMax: 1_000,
  inviteDaysMax: 365,
  /** Days that a friend has for using what a member asked for. */
  friendDays: 14,
  /** Days for which spares are released by one word: longer than any shutdown that there was is no event, but asks for another rule. */
  shutdownDaysMax: 90,
  /** Questions at work at once; more are refused, and come again. A session may have as many under way as are free. */
  questionsMax: 256,
}
export type DistributorLimits = Readonly<typeof distributorLimits>

/** Passing on what members ask an authority. */
export const passOnLimits = {
  /** At once: a question is a hundred bytes, and each member of a relay asks once a day. A session may have as many under way as are free. */
  questionsMax: 64,
  answerMs: 30_000,
}

/** Witnesses, who are asked in each meeting. */
export const witnessLimits = {
  /** As many as a charter names. */
  urlsMax: 16,
  /** One question: a phase is longer. */
  answerMs: 10_000,
  /** Some signature lines. */
  answerBytesMax: 16_384,
}

/** A relay that takes part. */
export const joinLimits = {
  /** How long a descriptor holds, and how often a new one is made: a relay that is down for a day is not forgotten. */
  descriptorLifeS: 259_200,
  refreshMs: 3_600_000,
  /** After a failure. */
  againMs: 60_000,
  /** Whether there is another code, or none any more, is looked for so often. */
  lookMs: 10_000,
  /** What a relay says that it can carry whose operator has set no cap: as much as authorities measure, up to a gigabit a second. */
  capacityBytesPerS: 125_000_000,
  /** A month's volume is spread over so long. */
  monthS: 2_592_000,
  /** Join codes for one relay, and for an organisation that brings many. */
  usesMax: 1_000,
  codeDaysMax: 365,
  codeBytesMax: 4_096,
}
export type JoinLimits = Readonly<typeof joinLimits>
