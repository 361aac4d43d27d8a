// A small restaurant or café: its menu, hours, how to find it, and who cooks.
import { type Block, commonSlots, heading, type Page, prose, type Site, slug, type Writer } from '../site.ts'
import { lines, list, words } from '../words.ts'

const PRODUCE = list(`leek beetroot pumpkin barley lentil potato cabbage mushroom tomato fennel cauliflower courgette chickpea spinach
  trout hake mussel lamb chicken duck goat-cheese pear apple plum almond hazelnut walnut rhubarb`)

const DISHES = lines(`
  [roast|braised|grilled|smoked] {produce} with {produce} and [brown butter|herbs|mustard|lemon|dill|capers]
  {produce} soup, [rye bread|toast|crème fraîche|chive oil|croutons]
  [warm|pickled|raw|charred] {produce} salad, {produce}, [vinaigrette|yoghurt|horseradish]
  {produce} [pie|gratin|dumplings|stew|risotto|pancakes] with {produce}
  [our|today’s|the] [fish|catch|roast] with {produce}
  {produce} and {produce} [on toast|in parchment|from the oven]`)

const SWEETS = lines(`
  [apple|plum|pear|rhubarb] [crumble|tart|cake], [cream|custard|vanilla ice]
  [chocolate|hazelnut|almond|lemon] [mousse|torte|pudding|cake]
  [cheese|three cheeses] [from|of] the [valley|county], [quince|crackers|honey]
  [poached|baked] [pear|apple|plum] [in red wine|with almonds|with ginger]`)

const SENTENCES = lines(`
  [We|Our kitchen] [cook|cooks] [what|whatever] [the market|{given}’s garden|the {season}] [brings|gives|allows].
  The [menu|card|blackboard] [changes|is rewritten] [every|each] {day}, [sometimes|often] [twice|at noon|over night].
  There [are|is room for] {number} [seats|chairs], [some|a third|most] of them [outside|by the window|round one long table].
  {first} [cooks|runs the kitchen], {second} [looks after|knows] the [guests|wine|bread].
  [Bread|The bread|Our bread] [comes|is brought] from [{given}|a baker] [in|on] {street}[| before six].
  [Vegetables|Milk and eggs|Most of the vegetables] [come|arrive] from [two|three|a few] farms [near|outside|above] {town}.
  [Children|Dogs|Walkers|Large parties] [are welcome|eat well here], [please|do] [tell us|say so] when [booking|you call].
  On {day}s there is [music|soup only|one long table|a fixed menu], [from|at] [six|seven|half past seven].
  [We|The restaurant] opened in {since}, in what [was|had been] a [bakery|forge|chemist’s|post office|saddler’s|shoe shop].
  If you [cannot eat|avoid] something, [ask|tell us]: [nearly everything|most plates] [can be changed|has a sister without it].
  [Small|Simple] [wines|plates], [fair|honest] prices, [no|little] [music|fuss|hurry].
  In {month} we [close|rest] for [a week|ten days|two weeks].`)

const DAY_NAMES = words.weekdays

export function writeRestaurant(writer: Writer): Site {
  const { dice } = writer
  const slots = { ...commonSlots(writer), produce: dice.sample(PRODUCE, 15) }
  const venue = dice.pick(['Kitchen', 'Table', 'Café', 'Bistro', 'Inn', 'Dining Room', 'House', 'Larder', 'Canteen', 'Tavern'])
  const name =
    writer.domainName ??
    dice.pick([
      `The ${dice.pick(words.nameWords)} ${venue}`,
      `${dice.pick(words.nameWords)} ${venue}`,
      `${writer.people[0]?.split(' ')[0]}’s ${venue}`,
      `${dice.pick(words.nameWords)} & ${dice.pick(words.nameWords)}`,
    ])
  const tagline = dice.say(
    '[seasonal|simple|slow|honest|neighbourhood] [cooking|food|plates|kitchen] [in|by the river in|in the middle of] {town}',
    slots,
  )
  const pages = [menu(writer, slots), visit(writer, slots), story(writer, slots)]
  if (dice.chance(0.6)) pages.splice(dice.between(1, 2), 0, news(writer, slots))
  if (dice.chance(0.4)) pages.push(parties(writer, slots))
  const home: Page = {
    path: 'index.html',
    title: name,
    label: dice.pick(['Home', 'Welcome', name]),
    summary: tagline,
    blocks: [
      prose(dice.paragraph(SENTENCES, slots, 2, 4)),
      ...(dice.chance(0.6) ? [heading(dice.pick(['Opening hours', 'Hours', 'When we are open'])), hours(writer)] : []),
      prose(dice.paragraph(SENTENCES, slots, 1, 3)),
    ],
  }
  return {
    name,
    tagline,
    pages: [home, ...pages],
    banner: dice.chance(0.7) ? writer.picture(dice.say('[the room|our table|the kitchen|the terrace] in {season}', slots)) : undefined,
  }
}

type Said = ReturnType<typeof commonSlots>

function page(writer: Writer, titles: readonly string[], blocks: readonly Block[], slots: Said): Page {
  const title = writer.dice.pick(titles)
  return { path: `${slug(title)}.html`, title, label: title, summary: writer.dice.say(writer.dice.pick(SENTENCES), slots), blocks }
}

function menu(writer: Writer, slots: Said): Page {
  const { dice } = writer
  const currency = dice.pick(['€', '£', '$', ''])
  const cents = dice.pick(['', '.50', '.–', ',–'])
  const course = (title: string, texts: readonly string[], low: number, high: number): Block[] => [
    heading(title),
    {
      kind: 'table',
      head: [],
      rows: Array.from({ length: dice.between(2, 4) }, () => [
        dice.say(dice.pick(texts), slots),
        `${currency}${dice.between(low, high)}${cents}`,
      ]),
    },
  ]
  const blocks = [
    ...course(dice.pick(['To begin', 'Starters', 'Small', 'First']), DISHES, 6, 12),
    ...course(dice.pick(['Mains', 'Then', 'Large', 'Second']), DISHES, 14, 27),
    ...course(dice.pick(['Sweet', 'Desserts', 'To finish', 'After']), SWEETS, 5, 10),
    prose(
      dice.say(
        '[Service|Bread|Water|The first coffee] is [included|free|on the house], [cards are fine|cash or card|we like cash|tips go to the kitchen].',
      ),
    ),
  ]
  return page(writer, ['Menu', 'The menu', 'This week', 'Food', 'Eat', 'What we cook'], blocks, slots)
}

function visit(writer: Writer, slots: Said): Page {
  const { dice } = writer
  const blocks = [
    prose(
      dice.say(
        '[We are at|You find us at|Come to] {number} {street}, {town}[|, a few minutes from the station|, behind the church|, beside the bridge].',
        slots,
      ),
    ),
    hours(writer),
    prose(
      dice.say(
        '[To book|For a table], [call|ring] [between {few} and six|in the afternoon|any day but {day}], or [just come|ask at the bar|leave a note].',
        slots,
      ),
    ),
  ]
  return page(writer, ['Find us', 'Visit', 'Contact', 'Hours and address', 'Where we are'], blocks, slots)
}

function story(writer: Writer, slots: Said): Page {
  const { dice } = writer
  const blocks = [
    prose(dice.paragraph(SENTENCES, slots, 3, 5)),
    { kind: 'gallery', pictures: [writer.picture(dice.say('{first} and {second}', slots))] } as const,
    prose(dice.paragraph(SENTENCES, slots, 2, 3)),
  ]
  return page(writer, ['About', 'Our story', 'Who we are', 'The people', 'About us'], blocks, slots)
}

function news(writer: Writer, slots: Said): Page {
  const { dice } = writer
  const notes = Array.from({ length: dice.between(2, 4) }, (_, n) => [
    heading(writer.date(n)),
    prose(dice.paragraph(SENTENCES, slots, 1, 3)),
  ]).flat()
  return page(writer, ['News', 'Notes', 'Events', 'This season', 'What is on'], notes, slots)
}

function parties(writer: Writer, slots: Said): Page {
  const { dice } = writer
  const blocks = [
    prose(
      dice.say(
        '[For|With] [groups|parties] of [up to|about] {number} we [set|lay] [one table|the back room|the garden] and [agree|plan] the [menu|evening] [with you|together|beforehand].',
        slots,
      ),
    ),
    { kind: 'list', items: Array.from({ length: dice.between(3, 4) }, () => dice.say(dice.pick(DISHES), slots)) } as const,
  ]
  return page(writer, ['Groups', 'Parties', 'Private dining', 'Celebrations'], blocks, slots)
}

function hours({ dice }: Writer): Block {
  const closed = dice.between(0, 2)
  const [opens, closes] = [dice.pick(['8', '9', '11', '12', '17', '18']), dice.pick(['21', '22', '23'])]
  const minutes = dice.pick([':00', '.00', ':30', ' h'])
  const rows = dice.chance(0.5)
    ? DAY_NAMES.map((day, n) => [day, n <= closed ? dice.pick(['closed', '–']) : `${opens}${minutes} – ${closes}${minutes}`])
    : [
        [`${DAY_NAMES[closed + 1]} – Saturday`, `${opens}${minutes} – ${closes}${minutes}`],
        ['Sunday', dice.pick(['lunch only', '12 – 17', 'until six'])],
        [DAY_NAMES[closed] as string, 'closed'],
      ]
  return { kind: 'table', head: [], rows }
}
