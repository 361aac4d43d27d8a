// How members without a relay are put into groups: the trusted with the trusted, the suspect with the suspect, and how large.
import type { HandingLimits } from './limits.ts'
import type { Member } from './member.ts'

export interface Weighed {
  readonly member: Member
  readonly suspicion: number
}

/** The trusted first; the key decides between equals. */
export function inOrder(members: readonly Member[], suspicion: (member: Member) => number): readonly Weighed[] {
  return members
    .map((member) => ({ member, suspicion: suspicion(member) }))
    .sort((a, b) => a.suspicion - b.suspicion || a.member.draw - b.member.draw)
}

/** Groups of neighbours, with as many agents in each as is right for the relays that are free. Not all may find a relay; the last are the most suspect. */
export function formGroups(sorted: readonly Weighed[], free: number, limits: HandingLimits): readonly (readonly Member[])[] {
  const ends = endsOf(sorted, agentsPerGroup(sorted, free, limits), limits)
  return ends.map((end, at) => sorted.slice(ends[at - 1] ?? 0, end).map(({ member }) => member))
}

/** As many as serve most where relays are scarce; fewer where they abound, as far as they may be spent. */
function agentsPerGroup(sorted: readonly Weighed[], free: number, limits: HandingLimits): number {
  let [low, high] = [limits.agentsPerGroupMin, limits.agentsPerGroupMax]
  const budget = Math.min(Math.max(endsOf(sorted, high, limits).length, Math.floor(free * limits.spendShare)), free)
  for (let round = 0; round < 8; round++) {
    const middle = (low + high) / 2
    if (endsOf(sorted, middle, limits).length <= budget) high = middle
    else low = middle
  }
  return high
}

/** Where each group ends. Who is more suspect than a group may be is alone. */
function endsOf(sorted: readonly Weighed[], agentsMax: number, { groupMax }: HandingLimits): number[] {
  const ends: number[] = []
  let from = 0
  let agents = 0
  for (const [at, { suspicion }] of sorted.entries()) {
    if (at > from && (agents + suspicion > agentsMax || at - from >= groupMax)) {
      ends.push(at)
      from = at
      agents = 0
    }
    agents += suspicion
  }
  if (from < sorted.length) ends.push(sorted.length)
  return ends
}
