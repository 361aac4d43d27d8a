// Every limit and every weight of handing relays out, each with its reason. An epoch is a day. docs/DISTRIBUTION.md has what they achieve together.

export const handingLimits = {
  /** Relays that a member sees: enough that one which is down stops nobody, few enough that an agent learns little. */
  bucketMax: 3,
  /** Members that share a first relay, at most: what one relay carries, and what one agent can take with it. */
  groupMax: 24,
  /** Agents that are to be expected in a group when relays are scarce. The most people per relay are served where it is one. */
  agentsPerGroupMax: 0.7,
  /** And when relays abound: below that, more relays gain next to nobody. */
  agentsPerGroupMin: 0.1,
  /** Of the relays that are free, what an epoch may spend on smaller groups than scarcity asks for; the rest is for the blocks of tomorrow. */
  spendShare: 0.8,
  /** And what it may spend on the second and third relay of those who were not blocked. */
  growShare: 0.1,
  /** A bucket that was not blocked for so long gets one relay more: an agent who blocks at once never sees a second. */
  growEpochs: 7,
  /** That relay goes to a half of those who share the last; but no half is smaller. */
  halfMin: 3,
  /** Relays kept back in each country for the days of shutdowns: one for fifty members, so that all of them can share the spares at once. */
  sparesPerMember: 0.02,
  /** A relay that is listed no more is still its group's for so many epochs, if it comes back: volunteers' machines do. */
  awayEpochs: 14,
  /** A group takes newcomers in for so many epochs, so that who comes alone needs no relay alone. */
  openEpochs: 3,

  /** Chance that a member is an agent, before anything is known of a country; it counts as so many members would. */
  prior: 0.05,
  priorMembers: 200,
  priorMin: 0.005,
  priorMax: 0.5,
  /** What relatives (inviter, fellow invitees, invitees) weigh against the country: so many of them count as much as it does. */
  relativesWeight: 6,
  /** Chance, per epoch, that a relay is blocked though no member gave it away: found by its traffic, or by scanning. */
  foundPerEpoch: 0.004,
  /** Chance that an agent gives away one relay and keeps quiet about another that he has. */
  partlyShare: 0.3,
  /** A relay is believed to be blocked if so many voices and members say that it is silent, and this share of the voices, and they weigh more than the others. Two, so
   *  that nobody moves another alone; a fifth, since many are not there on a day. */
  voicesMin: 2,
  silentShare: 0.2,
  /** For so many epochs a member's word that a relay is silent stands: who can't get out may not try again each day. */
  silentEpochs: 3,
  /** Trust: what an epoch without a block takes from suspicion, in nats, and how much in all. It can't outweigh three blocks of a small group. */
  trustPerEpoch: 0.03,
  trustMax: 2,
  /** Blame, in nats: beyond it nothing more can be told. */
  blameMax: 12,
  /** Suspect is who is so many times as likely an agent as a stranger from his country. */
  suspectTimes: 2,
  /** Who was suspect before he lost all relays, and is an agent at odds of n to one, waits n times so many epochs for the next, but no longer than the maximum. */
  waitPerOdds: 1,
  waitMax: 60,

  /** Invites: one for so many epochs of trust, so many in all, and none from who is suspect. */
  inviteEpochs: 30,
  invitesMax: 5,

  /** Members of one directory, countries, and relays listed: what fits a machine's memory well. */
  membersMax: 1_000_000,
  countriesMax: 300,
  relaysMax: 65_535,
  epochMax: 1_000_000,
}
export type HandingLimits = Readonly<typeof handingLimits>
