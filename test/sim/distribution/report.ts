// docs/DISTRIBUTION.md: what was simulated, what came out, and which bars were reached.
import { handingLimits } from '../../../relay/directory/handing/limits.ts'
import { assumed, CENSORS, type CensorName } from './censor.ts'
import { AGENT_SHARES, BARS, type Cell, type SchemeName } from './plan.ts'
import { type Estimate, estimate, type Outcome } from './run.ts'
import { NETWORKS, type Year } from './world.ts'

export interface Begun {
  readonly commit: string
  readonly date: string
  readonly seed: number
}

const NAMES: Readonly<Record<SchemeName, string>> = {
  culvert: 'Culvert',
  pool: 'five authorities, one pool',
  shares: 'five authorities, shares',
  rbridge: 'rBridge',
  salmon: 'Salmon',
  hashing: 'plain hashing',
}

export function report(outcomes: readonly Outcome[], { commit, date, seed }: Begun): string {
  const seeds = Math.max(...outcomes.map(({ years }) => years.length))
  return `${[
    '# Handing relays out: a simulated year',
    `Written by \`npm run sim -- distribution --write\` on ${date}, at commit ${commit}, from seed ${seed}: up to ${seeds} seeds a figure. Don't edit it. Where it says ±, a mean of several seeds has that 95 % interval, by Student's t.`,
    worldText(),
    '## Is the simulator right?',
    ...checks(outcomes),
    '## Culvert',
    'The code that hands out is that of `relay/directory/handing`, told what happens day by day and heard through the rows that a store would keep.',
    'Share of honest users’ days on which they had a relay that was open:',
    table(
      ['Censor', ...AGENT_SHARES.map((share) => `${percent(share, 0)} agents`)],
      rows(outcomes, ({ served }) => served),
    ),
    'Share of honest users who had one on the worst day after the first month:',
    table(
      ['Censor', ...AGENT_SHARES.map((share) => `${percent(share, 0)} agents`)],
      rows(outcomes, ({ worst }) => worst),
    ),
    'And who had one on every single day of the year:',
    table(
      ['Censor', ...AGENT_SHARES.map((share) => `${percent(share, 0)} agents`)],
      rows(outcomes, ({ always }) => always),
    ),
    '![Share of honest days that were served, by censor and share of agents; and day by day beside other schemes](distribution.svg)',
    '## Which bars were reached',
    table(['Bar', ...CENSORS], bars(outcomes)),
    'A bar is reached if the lower end of the interval is above it.',
    '## Beside other schemes',
    'The same world, aggressive censor; share of honest days served, and of honest users on the last day:',
    table(['Scheme', ...BARS.flatMap(({ agentShare }) => [`${percent(agentShare, 0)} agents`, 'last day'])], beside(outcomes)),
    limitsText(),
  ].join('\n\n')}\n`
}

function worldText(): string {
  const [low, high] = assumed.patienceDays
  return `## The world

10,000 users in one country, four fifths of them there on the first day, the others over the year; 1,000 relays, and 50 more each day, in ${NETWORKS} networks of very
different size. On a day the censor acts *after* relays were handed out and *before* it is counted who can reach one; the directory hears of a block on the next
morning. Agents know each other, the censor sees all that they see, blocks without a mistake, and never lets go. Users came by each other in a random tree.

| Censor | What it does |
|---|---|
| aggressive | blocks each relay on the day on which any agent is given it |
| conservative | each agent waits ${low} to ${high} days, then gives away all that it has, and waits again |
| event-day | silent but for ${assumed.eventLength} days from day ${assumed.eventDays.join(' and from day ')}; the operators release the spares a day later |
| zig-zag | aggressive, and follows ${percent(assumed.zigzagSeen, 0)} of a found relay's guests for ${assumed.zigzagDays} days: each other relay of theirs is told with a chance of ${percent(assumed.zigzagTold, 0)} a day, and so on from there |
| host-profiling | aggressive, and finds relays by their traffic: ${percent(assumed.profiledPerGuest, 2)} a day for each guest |
| recommendation-tree | agents invite agents, all are quiet for ${assumed.treeQuietDays} days, then aggressive |`
}

function checks(outcomes: readonly Outcome[]): string[] {
  const original = outcomes.find(({ cell }) => cell.group === 'rbridge')
  const never = estimated(original, ({ always }) => always)
  const salmon = outcomes.filter(({ cell }) => cell.group === 'salmon')
  const shares = [...new Set(salmon.map(({ cell }) => cell.setting.agentShare))]
  const lost = (scheme: SchemeName, share: number): Estimate =>
    estimated(
      salmon.find(({ cell }) => cell.scheme === scheme && cell.setting.agentShare === share),
      ({ last }) => 1 - last,
    )
  const isOrder = shares.every((share) => lost('salmon', share).mean < lost('rbridge', share).mean)
  const grows = (scheme: SchemeName, share: number): number =>
    estimated(
      outcomes.find(({ cell }) => cell.group === 'others' && cell.scheme === scheme && cell.setting.agentShare === share),
      ({ served }) => served,
    ).mean
  const isOrderElsewhere = BARS.every(({ agentShare }) => grows('salmon', agentShare) > grows('rbridge', agentShare))
  return [
    `**rBridge** (NDSS 2013) says that at 5 % agents who block at once, 95 % of users never lack a bridge. In its set-up, as far as we remember it (1,000 users, 500 bridges, none added; 3 bridges a user, 40 users a bridge; 30 days until a bridge earns, a price of 45), our model of it has **${show(never)}** of honest users who never lack one. ${never.mean - never.margin >= 0.95 ? 'Reproduced.' : 'Not reproduced.'}`,
    'From the paper: users, bridges, the three constants, the aggressive censor. Not from it: newcomers by tickets, spare bridges, and when within a day a block falls. The paper itself could not be read for this; its figures are from memory.',
    `**Salmon** (PETS 2016) says that it cuts off less than a third of the users that rBridge does, since newcomers, where the agents are, meet only newcomers. ${isOrder ? 'The order is reproduced' : 'The order is not reproduced'} with 10,000 users, 2,000 relays and none added, and agents only among the last tenth to come; ${isOrderElsewhere ? 'it is' : 'nor is it'} in the growing world of the last table, where agents are among all. Honest users without a relay on the last day of the former:`,
    table(
      ['Scheme', ...shares.map((share) => `${percent(share, 0)} agents`)],
      (['rbridge', 'salmon', 'culvert'] as const).map((scheme) => [NAMES[scheme], ...shares.map((share) => show(lost(scheme, share)))]),
    ),
    'Our model of Salmon has its levels, its groups of ten and its ban, and neither accounts nor recommendations. Where no relay is ever added, three independent relays a user serve longer than one.',
  ]
}

function rows(outcomes: readonly Outcome[], measure: (year: Year) => number): string[][] {
  return CENSORS.map((censor) => [
    censor,
    ...AGENT_SHARES.map((share) =>
      show(
        estimated(
          outcomes.find(({ cell }) => isOurs(cell, censor, share)),
          measure,
        ),
      ),
    ),
  ])
}

function bars(outcomes: readonly Outcome[]): string[][] {
  return BARS.map(({ agentShare, served: bar }) => [
    `${percent(bar, 0)} served at ${percent(agentShare, 0)} agents`,
    ...CENSORS.map((censor) => {
      const { mean, margin, count } = estimated(
        outcomes.find(({ cell }) => isOurs(cell, censor, agentShare)),
        ({ served }) => served,
      )
      return count === 0 ? 'not run' : `${mean - margin >= bar ? 'yes' : '**no**'} (${count} seeds)`
    }),
  ])
}

function beside(outcomes: readonly Outcome[]): string[][] {
  const find = (scheme: SchemeName, share: number): Outcome | undefined =>
    outcomes.find(({ cell }) =>
      scheme === 'culvert'
        ? isOurs(cell, 'aggressive', share)
        : cell.group === 'others' && cell.scheme === scheme && cell.setting.agentShare === share,
    )
  return (['culvert', 'rbridge', 'salmon', 'hashing'] as const).map((scheme) => [
    NAMES[scheme],
    ...BARS.flatMap(({ agentShare }) => [
      show(estimated(find(scheme, agentShare), ({ served }) => served)),
      show(estimated(find(scheme, agentShare), ({ last }) => last)),
    ]),
  ])
}

function limitsText(): string {
  return `## What this does not show

- **Days, not users, carry the bars.** With many agents among the first users the first weeks are bad, as the figure shows: people wait while groups are sorted. The
  tables of the worst day and of every day say how bad.
- One country, one censor. Relays that are blocked in one country go on in others; that is tested, and not simulated.
- The directory hears of each block within a day, and of no block that isn't one. What it does where members alone tell it, and agents lie, is in
  [a decision](decisions/members-tell-of-blocks.md), with fewer seeds. Who can forge an operator's reports can make it spend relays and blame people.
- A censor who knows our constants and answers to them was not searched for. The six here are those of the literature; the strongest may be another.
- Zig-zag stays small because a relay has at most ${handingLimits.groupMax} members and groups are nested. A censor who follows everyone, for long, wins against any scheme that
  lets a person use two relays.
- Where no relay is ever added, rBridge serves more at few agents: Culvert keeps ${percent(handingLimits.sparesPerMember, 0)} of its members' number back as spares, and gives newcomers one relay, not three.`
}

export function isOurs(cell: Cell, censor: CensorName, share: number): boolean {
  return cell.group === 'ours' && cell.setting.censor === censor && cell.setting.agentShare === share
}

function estimated(outcome: Outcome | undefined, measure: (year: Year) => number): Estimate {
  return outcome === undefined || outcome.years.length === 0 ? { mean: 0, margin: 0, count: 0 } : estimate(outcome.years.map(measure))
}

function show({ mean, margin, count }: Estimate): string {
  if (count === 0) return '–'
  return count === 1 ? percent(mean, 1) : `${(mean * 100).toFixed(1)} ± ${(margin * 100).toFixed(1)} %`
}

function percent(share: number, digits: number): string {
  return `${(share * 100).toFixed(digits)} %`
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n')
}
