// Members and the groups they are in, and how suspect each is at this moment: weighed when it is asked for, since most are asked for rarely.
import type { HandingLimits } from './limits.ts'
import { relatedPrior, suspicionOf } from './suspicion.ts'

export interface Member {
  readonly id: string
  readonly inviter: Member | undefined
  readonly invited: Member[]
  readonly joinedEpoch: number
  readonly country: { readonly name: string; readonly prior: number }
  /** Between 0 and 1, by the key: decides between equals. */
  readonly draw: number
  /** Nats. */
  blame: number
  /** Epochs without a block before `sinceEpoch`. */
  trustEpochs: number
  /** From which epoch on epochs count; −1: has no relay. */
  sinceEpoch: number
  /** −1: to be set at the next settling. */
  waitsUntil: number
  /** Largest first, each holds the next. */
  groups: Group[]
  /** What was weighed last, and when. */
  weighed: number
  alone: number
  invitedSum: number
}

/** Members who know one relay. */
export interface Group {
  readonly id: number
  readonly relay: string
  readonly sinceEpoch: number
  readonly members: Member[]
  /** The epoch since which the relay is listed no more; −1: it is. */
  awaySince: number
}

export function trustOf({ trustEpochs, sinceEpoch }: Member, epoch: number): number {
  return trustEpochs + (sinceEpoch < 0 ? 0 : Math.max(epoch - sinceEpoch, 0))
}

export function hasRelay({ groups }: Member): boolean {
  return groups.some(({ awaySince }) => awaySince < 0)
}

/** Nobody of these was ever blamed: it was formed, of people of whom nothing was known, and stood. */
export function isFirst(group: Group): boolean {
  return group.members[0]?.groups[0] === group && group.members.every(({ blame }) => blame === 0)
}

export class Weighing {
  readonly #limits: HandingLimits
  #epoch = 0
  /** Counts up whenever something that is weighed became different. */
  #count = 0

  constructor(limits: HandingLimits) {
    this.#limits = limits
  }

  /** What was weighed before holds no more. */
  anew(epoch: number = this.#epoch): void {
    this.#epoch = epoch
    this.#count++
  }

  /** The chance that a member is an agent, by what is known of it and of its inviter, those invited together with it, and those it invited. */
  suspicion(member: Member): number {
    this.#weigh(member)
    const { inviter, invited, alone } = member
    if (inviter !== undefined) this.#weigh(inviter)
    const count = invited.length + (inviter?.invited.length ?? 0)
    if (count === 0) return alone
    // The inviter stands where the member itself stands among the inviter's invitees.
    const relatives = this.#invitedSum(member) + (inviter === undefined ? 0 : inviter.alone + this.#invitedSum(inviter) - alone)
    const prior = relatedPrior(member.country.prior, relatives, count, this.#limits)
    return suspicionOf(prior, member.blame, trustOf(member, this.#epoch), this.#limits)
  }

  /** How many of these are to be expected to be agents. */
  agentsIn(members: readonly Member[]): number {
    return members.reduce((sum, member) => sum + this.suspicion(member), 0)
  }

  /** More than a stranger from its country is. */
  isSuspect(member: Member): boolean {
    return this.suspicion(member) > this.#limits.suspectTimes * member.country.prior
  }

  #weigh(member: Member): void {
    if (member.weighed === this.#count) return
    member.weighed = this.#count
    member.alone = suspicionOf(member.country.prior, member.blame, trustOf(member, this.#epoch), this.#limits)
    member.invitedSum = -1
  }

  #invitedSum(member: Member): number {
    if (member.invitedSum >= 0) return member.invitedSum
    let sum = 0
    for (const invitee of member.invited) {
      this.#weigh(invitee)
      sum += invitee.alone
    }
    member.invitedSum = sum
    return sum
  }
}
