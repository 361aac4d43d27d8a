// How likely a member is to be an agent of a censor: Bayes' rule on what was blocked, by whom it was known, for how long it was not, and who invited whom.
//
// 1. before anything is known of a member, it is as suspect as the fates of first groups in its country say    countryPrior
// 2. relatives in the invitation tree move that: agents are invited by agents                                relatedPrior
// 3. a relay that is blocked blames those who knew it, the more the fewer they are                           blameOf
// 4. each epoch without a block takes a little away, up to a limit, so that no patience buys everything      suspicionOf
import type { HandingLimits } from './limits.ts'

/** The chance of being an agent, from the chance before, what was blocked, and for how long nothing was. */
export function suspicionOf(prior: number, blame: number, trustEpochs: number, limits: HandingLimits): number {
  const trust = Math.min(trustEpochs * limits.trustPerEpoch, limits.trustMax)
  const odds = (prior / (1 - prior)) * Math.exp(blame - trust)
  // In billionths, so that no order in which numbers are added can turn a decision.
  return Math.round((odds / (1 + odds)) * 1e9) / 1e9
}

/** First groups of a country by their size: how many were blocked soon, and how many were not. */
export interface Fates {
  readonly fell: readonly number[]
  readonly stood: readonly number[]
}

/**
 * The chance that a member of this country is an agent: what makes the fates of first groups likeliest, with some members more of whom so many are agents as
 * was expected. Only first groups count: those that are formed later are formed by suspicion.
 */
export function countryPrior({ fell, stood }: Fates, limits: HandingLimits): number {
  const { prior, priorMembers, priorMin, priorMax } = limits
  const found = foundChance(0, limits)
  // The slope of the logarithm of the likelihood, which falls as p rises.
  const slope = (p: number): number => {
    let sum = (priorMembers * prior) / p - (priorMembers * (1 - prior)) / (1 - p)
    for (const [size, count] of fell.entries()) {
      const stands = (1 - found) * (1 - p) ** size
      if (count > 0) sum += (count * size * stands) / (1 - p) / (1 - stands)
    }
    for (const [size, count] of stood.entries()) sum -= (count * size) / (1 - p)
    return sum
  }
  let [low, high] = [priorMin, priorMax]
  for (let round = 0; round < 20; round++) {
    const middle = (low + high) / 2
    if (slope(middle) > 0) low = middle
    else high = middle
  }
  return Math.round(low * 1e6) / 1e6
}

/** Moved by relatives, of whom there may be none. */
export function relatedPrior(prior: number, relativeSum: number, relativeCount: number, limits: HandingLimits): number {
  return (prior * limits.relativesWeight + relativeSum) / (limits.relativesWeight + relativeCount)
}

/** Chance that a relay which was handed out for so many epochs was found without an agent. */
export function foundChance(epochs: number, limits: HandingLimits): number {
  return 1 - Math.exp(-limits.foundPerEpoch * (epochs + 1))
}

/**
 * Nats of blame for each of those who knew a relay that was blocked. `suspicions` are theirs before; `isQuiet` says who has another relay that was not
 * blocked, which an agent would more likely have given away too.
 */
export function blameOf(suspicions: readonly number[], isQuiet: readonly boolean[], found: number, limits: HandingLimits): number[] {
  const innocent = suspicions.map((suspicion) => Math.max(1 - suspicion, 1e-9))
  const allInnocent = innocent.reduce((product, one) => product * one, 1)
  return innocent.map((own, at) => {
    const byOthers = 1 - (1 - found) * (allInnocent / own)
    const bySelf = isQuiet[at] ? limits.partlyShare + (1 - limits.partlyShare) * byOthers : 1
    return Math.log(bySelf / byOthers)
  })
}
