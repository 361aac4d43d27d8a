// A local club or society: dates, news, how to join, who is on the committee.
import { type Block, commonSlots, heading, type Page, prose, type Site, slug, type Writer } from '../site.ts'
import { lines, list, words } from '../words.ts'

const CLUBS = [
  {
    name: 'Rowing Club',
    things: list('boat oar eight four landing-stage regatta crew river-mile'),
    verbs: list('row train race launch'),
    places: list('boathouse river weir lock'),
  },
  {
    name: 'Chess Club',
    things: list('board clock opening endgame league-match simultaneous problem rating'),
    verbs: list('play analyse meet compete'),
    places: list('library back-room school-hall café'),
  },
  {
    name: 'Choir',
    things: list('mass motet concert score rehearsal carol-evening solo programme'),
    verbs: list('sing rehearse perform tour'),
    places: list('church parish-hall chapel concert-room'),
  },
  {
    name: 'Astronomical Society',
    things: list('telescope eclipse meteor-shower lecture mirror star-chart comet observing-night'),
    verbs: list('observe meet photograph measure'),
    places: list('observatory school-roof hill lecture-room'),
  },
  {
    name: 'Local History Society',
    things: list('map letter parish-register lecture photograph mill deed oral-history'),
    verbs: list('meet transcribe collect publish'),
    places: list('archive museum reading-room old-school'),
  },
  {
    name: 'Cycling Club',
    things: list('Sunday-ride time-trial tea-stop hill-climb tandem route club-jersey workshop-evening'),
    verbs: list('ride meet race tour'),
    places: list('market-square clubhouse tea-room bridge'),
  },
  {
    name: 'Beekeepers',
    things: list('hive swarm honey-show frame smoker apiary queen extractor'),
    verbs: list('inspect meet harvest teach'),
    places: list('apiary orchard hut teaching-hive'),
  },
  {
    name: 'Model Railway Society',
    things: list('layout locomotive signal-box exhibition turntable branch-line controller siding'),
    verbs: list('build run exhibit meet'),
    places: list('clubroom goods-shed church-hall workshop'),
  },
]

const SENTENCES = lines(`
  [We|Members] {verb} [every|each] {day} [evening|afternoon] at the {place}, [from|starting at] [six|seven|half past six|two], [all year|in term time|from {month} to {month}].
  [Beginners|Visitors|Newcomers] [are welcome|may come along|need bring nothing] [three times|for a month|twice] before [they join|deciding|anybody asks them to pay].
  The [club|society] was [founded|started] in {since} by {few} [friends|neighbours|teachers] [and|with] one {thing}.
  [Thanks to|With the help of] {given} the {thing} is [repaired|back in use|ready for {season}].
  [Last|The {month}] [month’s|meeting’s] {thing} [drew|brought] {number} people [in spite of|despite|and] the {weather}.
  [Please|Would members] [bring|return] [any|every] {thing} [borrowed|taken home] [since|in] {month}.
  {given} [will speak|speaks|talks] [about|on] the {thing} at the {place} on [the first|the last|the second] {day} of {month}.
  [The committee|Our treasurer] [thanks|would like to thank] [all|everyone] who [helped|stayed|carried chairs] after the {thing}.
  [Subscriptions|Fees] [are due|fall due] in {month}; [juniors|students|families] pay [half|less|a third].
  There [is|will be] no meeting [in|during] [the first week of|] {month}, because the {place} is [being painted|closed|let].
  [Car parking|Parking] [is|can be had] [behind|beside|opposite] the {place}; the [bus|path] [stops|ends] [at the gate|nearby|two minutes away].
  In {season} we {verb} [twice a week|further away|with our friends from {town}].`)

const OFFICES = list('Chair Secretary Treasurer Captain President Librarian Webmaster Membership Equipment Events')

export function writeClub(writer: Writer): Site {
  const { dice } = writer
  const club = dice.pick(CLUBS)
  const slots = { ...commonSlots(writer), thing: club.things, verb: club.verbs, place: club.places }
  const pages = [dates(writer, slots), joining(writer, slots), committee(writer, slots)]
  if (dice.chance(0.7)) pages.push(news(writer, slots))
  if (dice.chance(0.5)) pages.push(history(writer, slots))
  const name =
    writer.domainName ??
    dice.pick([`${writer.town} ${club.name}`, `${club.name} of ${writer.town}`, `The ${dice.pick(words.nameWords)} ${club.name}`])
  const tagline = dice.say('[since|founded in|meeting since] {since}[| at the {place}| in {town}]', slots)
  const home: Page = {
    path: 'index.html',
    title: name,
    label: dice.pick(['Home', 'Welcome', 'The club', 'Start']),
    summary: tagline,
    blocks: [
      prose(dice.paragraph(SENTENCES, slots, 2, 3)),
      heading(dice.pick(['Next', 'Coming up', 'Notices', 'This month'])),
      { kind: 'list', items: Array.from({ length: dice.between(2, 4) }, () => dice.say(dice.pick(SENTENCES), slots)) },
    ],
  }
  return {
    name,
    tagline,
    pages: [home, ...dice.shuffle(pages)],
    banner: dice.chance(0.6) ? writer.picture(dice.say('[the|our] {place}, {month}', slots)) : undefined,
  }
}

type Said = ReturnType<typeof commonSlots>

function page(writer: Writer, titles: readonly string[], blocks: readonly Block[], slots: Said): Page {
  const title = writer.dice.pick(titles)
  return { path: `${slug(title)}.html`, title, label: title, summary: writer.dice.say(writer.dice.pick(SENTENCES), slots), blocks }
}

function dates(writer: Writer, slots: Said): Page {
  const { dice } = writer
  const rows = Array.from({ length: dice.between(4, 8) }, () => [
    dice.say('{day}, ', slots) + dice.between(1, 28) + dice.say(' {month}', slots),
    dice.say('[{thing}|{thing} and {thing}|{given}: the {thing}|open evening|annual meeting]', slots),
    dice.say('{place}', slots),
  ])
  return page(
    writer,
    ['Calendar', 'Dates', 'Fixtures', 'Programme', 'Events', 'Diary'],
    [
      { kind: 'table', head: ['Date', dice.pick(['What', 'Event', 'Subject']), dice.pick(['Where', 'Place'])], rows },
      prose(dice.paragraph(SENTENCES, slots, 1, 2)),
    ],
    slots,
  )
}

function joining(writer: Writer, slots: Said): Page {
  const { dice } = writer
  const currency = dice.pick(['€', '£', '$'])
  const rows = dice
    .sample(['Adults', 'Juniors', 'Students', 'Families', 'Seniors', 'Friends of the club'], dice.between(3, 4))
    .map((who) => [who, `${currency}${dice.between(1, 18) * 5}`])
  return page(
    writer,
    ['Join us', 'Membership', 'How to join', 'Join', 'Members'],
    [
      prose(dice.paragraph(SENTENCES, slots, 1, 3)),
      { kind: 'table', head: [dice.pick(['Who', 'Member']), dice.pick(['A year', 'Per year', 'Subscription'])], rows },
    ],
    slots,
  )
}

function committee(writer: Writer, slots: Said): Page {
  const { dice, people } = writer
  const offices = dice.sample(OFFICES, Math.min(people.length, dice.between(3, 6)))
  const blocks: Block[] = dice.chance(0.5)
    ? [{ kind: 'list', items: offices.map((office, n) => `${office}: ${people[n]}`) }]
    : [{ kind: 'table', head: [], rows: offices.map((office, n) => [office, people[n] as string]) }]
  return page(
    writer,
    ['Committee', 'People', 'Contact', 'Who is who', 'Contacts'],
    [...blocks, prose(dice.say('[Letters|Post] to: [the secretary, |]{number} {street}, {town}.', slots))],
    slots,
  )
}

function news(writer: Writer, slots: Said): Page {
  const { dice } = writer
  const notes: Block[] = Array.from({ length: dice.between(3, 5) }, (_, n) => [
    heading(writer.date(n)),
    prose(dice.paragraph(SENTENCES, slots, 1, 3)),
  ]).flat()
  return page(writer, ['News', 'Newsletter', 'Reports', 'Latest'], notes, slots)
}

function history(writer: Writer, slots: Said): Page {
  const { dice } = writer
  const blocks: Block[] = [
    prose(dice.paragraph(SENTENCES, slots, 2, 4)),
    { kind: 'gallery', pictures: [writer.picture(dice.say('the {place} in {since}', slots))] },
    prose(dice.paragraph(SENTENCES, slots, 2, 4)),
  ]
  return page(writer, ['History', 'Our history', 'About the club', 'Then and now'], blocks, slots)
}
