// What members say of their relays, and which relays are believed to be blocked by it when an epoch begins. Nothing of it is kept on a disk.
//
// Whoever says of a relay that it is silent wants another, and others who share it lose theirs. So words are weighed:
//
// 1. those who came by one invite, or by one person, have one voice, however many they are, and it weighs as much as they are trusted     voicesOf
// 2. two members at least, of two voices where there are two, and a fifth of the voices, say that it is silent; who is alone says it alone    isBelieved
// 3. and they weigh more than those that say that it answers
//
// Who is believed is moved on and blamed with all who knew the relay, as if it had been reported: to lie costs as much as to have it blocked in truth.
import type { HandingLimits } from './limits.ts'
import type { Group, Member, Weighing } from './member.ts'

export type Said = 'answers' | 'silent'

interface Word {
  readonly said: Said
  /** How many epochs have begun since. */
  age: number
}

export class Evidence {
  readonly #heard = new Map<Group, Map<Member, Word>>()

  /** By relay. A member's last word counts; a relay that is not the member's own is nobody's. */
  hear(member: Member, said: ReadonlyMap<string, Said>): void {
    for (const group of member.groups) {
      const word = said.get(group.relay)
      if (word === undefined) continue
      const words = this.#heard.get(group) ?? new Map<Member, Word>()
      this.#heard.set(group, words.set(member, { said: word, age: 0 }))
    }
  }

  /** Relays that are believed to be blocked, for when an epoch begins. `isWell`: of a group whose relay is not, silence says nothing. */
  judge(isWell: (group: Group) => boolean, weighing: Weighing, limits: HandingLimits): readonly string[] {
    for (const group of this.#heard.keys()) if (!isWell(group)) this.#heard.delete(group)
    const blocked = [...this.#heard].filter(([group, words]) => isBelieved(group, words, weighing, limits))
    for (const [group, words] of this.#heard) {
      // What answered may be blocked tomorrow; what was silent is silent until a member says otherwise, or too long ago.
      for (const [member, word] of words) if (word.said === 'answers' || ++word.age >= limits.silentEpochs) words.delete(member)
      if (words.size === 0) this.#heard.delete(group)
    }
    return blocked.map(([{ relay }]) => relay)
  }
}

function isBelieved(
  group: Group,
  words: ReadonlyMap<Member, Word>,
  weighing: Weighing,
  { silentShare, voicesMin }: HandingLimits,
): boolean {
  const voices = voicesOf(group, words, weighing)
  const accusers = voices.filter(({ silent, answers }) => silent > answers).length
  const silentMembers = group.members.filter((member) => words.get(member)?.said === 'silent').length
  // Where all came by one invite theirs is the only voice, and still no one's word moves the others.
  if (silentMembers < Math.min(group.members.length, voicesMin)) return false
  const sum = (side: Said): number => voices.reduce((all, voice) => all + voice[side], 0)
  return accusers >= Math.max(Math.min(voices.length, voicesMin), voices.length * silentShare) && sum('silent') > sum('answers')
}

/** Each weighs one at most, and is shared by those who spoke where they don't agree; nothing where nobody did. */
function voicesOf({ members }: Group, words: ReadonlyMap<Member, Word>, weighing: Weighing): readonly Readonly<Record<Said, number>>[] {
  const byInvite = Map.groupBy(members, (member) => member.inviter ?? member)
  return [...byInvite.values()].map((relatives) => {
    const heard = relatives.filter((member) => words.has(member))
    const weigh = (side: Said): number =>
      heard.reduce((sum, member) => sum + (words.get(member)?.said === side ? 1 - weighing.suspicion(member) : 0), 0) /
      Math.max(heard.length, 1)
    return { silent: weigh('silent'), answers: weigh('answers') }
  })
}
