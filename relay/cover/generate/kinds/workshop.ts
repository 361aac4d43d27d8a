// A craftsperson's workshop: what is made, how it is ordered, the workshop itself.
import { type Block, commonSlots, heading, type Page, prose, type Site, slug, type Writer } from '../site.ts'
import { lines, list, words } from '../words.ts'

const CRAFTS = [
  {
    trade: 'Joinery',
    things: list('chair table shelf window bench door cabinet stool'),
    stuffs: list('oak ash cherry larch beech walnut'),
    verbs: list('join plane oil glue cut'),
  },
  {
    trade: 'Pottery',
    things: list('bowl jug plate mug vase tile teapot dish'),
    stuffs: list('stoneware porcelain earthenware slip ash-glaze'),
    verbs: list('throw fire glaze trim turn'),
  },
  {
    trade: 'Bookbinding',
    things: list('notebook album slipcase guest-book folder portfolio box'),
    stuffs: list('linen calfskin marbled-paper buckram parchment'),
    verbs: list('sew fold bind trim mend'),
  },
  {
    trade: 'Bicycles',
    things: list('frame wheel fork rack touring-bike tandem town-bike'),
    stuffs: list('steel brass leather aluminium enamel'),
    verbs: list('braze true build paint repair'),
  },
  {
    trade: 'Upholstery',
    things: list('armchair sofa footstool headboard bench cushion'),
    stuffs: list('horsehair wool linen velvet webbing'),
    verbs: list('strip stuff stitch cover restore'),
  },
  {
    trade: 'Instruments',
    things: list('violin guitar lute mandolin viola bow dulcimer'),
    stuffs: list('spruce maple ebony gut bone'),
    verbs: list('carve string varnish repair set-up'),
  },
  {
    trade: 'Weaving',
    things: list('blanket scarf rug towel throw runner'),
    stuffs: list('wool linen cotton alpaca silk'),
    verbs: list('weave warp dye full finish'),
  },
  {
    trade: 'Clock repair',
    things: list('clock watch barometer movement dial pendulum case'),
    stuffs: list('brass steel enamel walnut gilt'),
    verbs: list('clean restore regulate polish re-bush'),
  },
]

const SENTENCES = lines(`
  [Every|Each] {thing} is [made|finished] [by one person|by hand|from start to end here], [usually|mostly] in {stuff}[| or {stuff}].
  [I|We] {verb} [in the morning|on {day}s|when the {weather} allows] and [see visitors|answer letters|do the books] [in the afternoon|after four|on {day}s].
  [The|Our] {stuff} [comes|is bought] from [a merchant|a mill|a small supplier|two brothers] [near|in] {town}, and is [left|stored] [for a year|two winters|as long as it needs].
  [Old|Worn|Broken] {thing}s [can be|are gladly] [repaired|mended], [often|sometimes] for [less|much less] than [a new one|you would think].
  A {thing} [takes|needs] [about|roughly|at least] {few} [weeks|months][|, a large one longer].
  [The workshop|It] [was|used to be] a [dairy|stable|bakery|chapel|print shop|laundry], and [still|on wet days] [smells of it|shows it|keeps the heat].
  {first} [learned|trained] [with|under] {second} in {since}, and [stayed|went alone|took over] [{few} years later|soon after|when the lease came up].
  [Nothing|No {thing}] [is|leaves] [rushed|unsigned|exactly like another].
  [Ask|Write] [for|about] [colours|sizes|samples|a drawing]: [most things|nearly all measures] [can be changed|are possible].
  [This|In] {season} [we are making|the bench is full of|orders are mostly] {thing}s in {stuff}.
  [Look after|Treat] {stuff} with [a dry cloth|a little oil|soap and water|patience], [never|and not] [in the sun|in a machine|near a stove].
  [Seconds|Small faults|Last year’s pieces] are [sold|kept] [on a shelf by the door|at the fair in {month}|at half price].`)

export function writeWorkshop(writer: Writer): Site {
  const { dice } = writer
  const craft = dice.pick(CRAFTS)
  const slots = { ...commonSlots(writer), thing: craft.things, stuff: craft.stuffs, verb: craft.verbs }
  const family = (writer.people[0] as string).split(' ')[1] as string
  const said = (low: number, high: number): Block => prose(dice.paragraph(SENTENCES, slots, low, high))
  const page = (titles: readonly string[], blocks: readonly Block[]): Page => {
    const title = dice.pick(titles)
    return { path: `${slug(title)}.html`, title, label: title, summary: dice.say(dice.pick(SENTENCES), slots), blocks }
  }
  const pages = [
    page(['Work', 'Pieces', 'Recent work', 'What we make', 'Catalogue'], [said(1, 2), ...pieces(writer, craft.things, craft.stuffs)]),
    page(
      ['Ordering', 'Orders', 'How to order', 'Commissions'],
      [said(1, 2), { kind: 'list', items: Array.from({ length: dice.between(3, 5) }, () => dice.say(dice.pick(SENTENCES), slots)) }],
    ),
    page(
      ['The workshop', 'Workshop', 'About', 'About us'],
      [
        said(2, 4),
        { kind: 'gallery', pictures: [writer.picture(dice.say('[the bench|the workshop|tools|the yard], {month}', slots))] },
        said(1, 3),
      ],
    ),
    page(
      ['Contact', 'Visit', 'Where', 'Find the workshop'],
      [
        prose(
          dice.say('{number} {street}, {town}. [Open|Visitors] on {day} and {day}, [or by appointment|from ten to four|after two].', slots),
        ),
        said(1, 2),
      ],
    ),
    ...(dice.chance(0.5) ? [page(['Care', 'Care and repair', 'Looking after it', 'Repairs'], [said(2, 3), said(1, 3)])] : []),
    ...(dice.chance(0.4) ? [page(['Courses', 'Classes', 'Learn'], [said(1, 2), courses(writer, craft.things)])] : []),
  ]
  const name =
    writer.domainName ??
    dice.pick([
      `${family} ${craft.trade}`,
      `${dice.pick(words.nameWords)} ${craft.trade}`,
      `${family} & ${writer.people[1]?.split(' ')[1]}`,
      `${craft.trade} in ${writer.town}`,
    ])
  const tagline = dice.say('[{thing}s and {thing}s|{thing}s] [in|of] {stuff}[| and {stuff}][|, made in {town}| since {since}]', slots)
  const quote: Block[] = dice.chance(0.4)
    ? [
        {
          kind: 'quote',
          text: dice.say('[It|The {thing}] [still|has] [looks new|sits well|outlasted the house|been admired by everybody]', slots),
          by: writer.people[2] as string,
        },
      ]
    : []
  const home: Page = {
    path: 'index.html',
    title: name,
    label: dice.pick(['Home', 'Start', name]),
    summary: tagline,
    blocks: [
      said(2, 3),
      ...quote,
      { kind: 'links', items: pages.slice(0, 2).map((to) => ({ href: to.path, title: to.title, note: to.summary })) },
    ],
  }
  return {
    name,
    tagline,
    pages: [home, ...pages],
    banner: dice.chance(0.7) ? writer.picture(dice.say('{thing}, {stuff}', slots)) : undefined,
  }
}

function pieces(writer: Writer, things: readonly string[], stuffs: readonly string[]): Block[] {
  const { dice } = writer
  return dice.sample(things, dice.between(3, 5)).flatMap((thing): Block[] => {
    const alt = dice.say(`[${thing}|${thing} in {stuff}|${thing}, {stuff}]`, { stuff: stuffs })
    return [
      heading(alt),
      { kind: 'gallery', pictures: [writer.picture(alt)] },
      prose(
        `${dice.between(4, 90)} × ${dice.between(4, 90)} cm, ${dice.pick(stuffs)}. ${dice.say('[Sold|Available|Made to order|In the workshop|On loan][| since {month}| until {month}| in {year}]', { month: words.months, year: [String(writer.year - 1)] })}.`,
      ),
    ]
  })
}

function courses({ dice, date }: Writer, things: readonly string[]): Block {
  const rows = Array.from({ length: dice.between(2, 4) }, (_, n) => [
    dice.say(`[A first|A simple|Make a|One] ${dice.pick(things)}`),
    dice.pick(['one day', 'two days', 'a weekend', 'four evenings']),
    date(-1 - n),
  ])
  return { kind: 'table', head: [dice.pick(['Course', 'Class']), dice.pick(['Length', 'Time']), dice.pick(['Begins', 'From'])], rows }
}
