// A photographer's portfolio: series of pictures, a page of prices, a page about the person.
import { type Block, commonSlots, heading, type Page, prose, type Site, slug, type Writer } from '../site.ts'
import { lines, list, words } from '../words.ts'

const SERIES = lines(`
  [North|South|West|East] of {town}
  {month} [light|fields|mornings]
  The [long|last|first] {season}
  [Harbours|Quarries|Orchards|Stations|Rooftops|Hedgerows|Reservoirs|Footpaths|Lighthouses|Allotments]
  [Before|After] the {weather}
  [Rooms|Kitchens|Windows|Staircases] in {town}
  [Salt|Stone|Slate|Chalk] and {weather}
  [Quiet|Empty|Early] [roads|shores|hills|mornings]`)

const STATEMENTS = lines(`
  These [pictures|photographs] were [made|taken] [between|in] {month} and {month}, [mostly|nearly all|always] [on foot|before seven|within a day’s walk of {town}].
  I [work|photograph] with [one lens|a single camera|an old field camera|whatever light there is] and [rarely|never|seldom] crop.
  [The|This] series [began|started] as [a walk|an errand|a way to pass the {season}] and [went on|lasted|grew] for {few} years.
  {weather} is [a gift|the only assistant I need|never forecast correctly] [up here|on this coast|in {town}].
  Some of [these|the prints] [hang|were shown] in {town} in [the town hall|the library|a former chapel|a small gallery].
  [Prints|Enlargements] are [made|printed] [by hand|to order|in {few} sizes] on [cotton|baryta|matt] paper.
  What [interests|keeps] me is how [a hill|a wall|a street|the sea] [changes|looks] when [nobody|everybody] is [watching|gone].
  [Thank you|Thanks] to {given} and {given}, who [waited|carried the tripod|drove] through {weather}.
  [Each|Every] picture [carries|has] only a [number|month|place], so that [it can speak|you can look] for itself.`)

const JOBS = list('Portrait Wedding Architecture Product Landscape Theatre Family Editorial Interior Documentary')

const TERMS = lines(`
  [Prices|All prices] [include|cover] [travel|the journey] within [an hour of|{number} miles of] {town}.
  [A deposit|Half the fee|One third] is [due|asked] [on booking|with the booking], the rest [after|on delivery|within two weeks].
  [Files|Pictures] [arrive|are ready] within [ten days|two weeks|a month].
  [Please|Do] [write|ask] [early|in good time]: {season} fills [first|quickly].
  For [magazines|schools|charities] there [is|are] [a lower rate|other terms].`)

export function writePhotographer(writer: Writer): Site {
  const { dice } = writer
  const slots = commonSlots(writer)
  const author = dice.pick(writer.people)
  const folder = dice.pick(['', 'series/', 'work/', 'portfolio/', 'pictures/', 'projects/'])
  const series = dice.sample(SERIES, dice.between(2, 4)).map((text, n): Page => {
    const title = dice.say(text, slots)
    const pictures = Array.from({ length: dice.between(2, 4) }, (_, i) =>
      writer.picture(dice.pick([`${title}, ${i + 1}`, dice.say('{month}, near {town}', slots), `No. ${i + 1 + 10 * n}`])),
    )
    const statement = prose(dice.paragraph(STATEMENTS, slots, 2, 4))
    const blocks: Block[] = dice.chance(0.5) ? [statement, { kind: 'gallery', pictures }] : [{ kind: 'gallery', pictures }, statement]
    return {
      path: `${folder}${slug(title)}.html`,
      title,
      label: dice.chance(0.4) ? title : undefined,
      summary: `${title}, ${writer.date(n).replace(/^\D*\d+ /, '')}`,
      blocks,
    }
  })
  const name =
    dice.chance(0.5) && writer.domainName
      ? writer.domainName
      : dice.pick([author, `${author} Photography`, `${author.split(' ')[1]} Pictures`, `Studio ${dice.pick(words.nameWords)}`])
  const tagline = dice.say('[photographs|photographer|pictures][| and prints] [from|in|around] {town}', slots)
  const home: Page = {
    path: 'index.html',
    title: name,
    label: dice.pick(['Home', 'Work', 'Portfolio', 'Start']),
    summary: tagline,
    blocks: [
      prose(dice.paragraph(STATEMENTS, slots, 1, 2)),
      {
        kind: 'gallery',
        pictures: series.flatMap((page) => page.blocks.flatMap((block) => (block.kind === 'gallery' ? block.pictures.slice(0, 1) : []))),
      },
      { kind: 'links', items: series.map((page) => ({ href: page.path, title: page.title, note: page.summary })) },
    ],
  }
  return { name, tagline, pages: [home, ...series, prices(writer, slots), about(writer, slots, author)], banner: undefined }
}

function prices({ dice }: Writer, slots: ReturnType<typeof commonSlots>): Page {
  const title = dice.pick(['Prices', 'Commissions', 'Bookings', 'Hire me', 'Rates'])
  const currency = dice.pick(['€', '£', '$'])
  const rows = dice
    .sample(JOBS, dice.between(3, 5))
    .map((job) => [job, dice.pick(['half a day', 'one day', 'two hours', 'three hours']), `${currency}${dice.between(6, 48) * 25}`])
  const blocks: Block[] = [
    prose(dice.paragraph(TERMS, slots, 1, 2)),
    { kind: 'table', head: [dice.pick(['Kind', 'Job', 'Work']), 'Time', dice.pick(['From', 'Price', 'Fee'])], rows },
    prose(dice.paragraph(TERMS, slots, 1, 2)),
  ]
  return { path: `${slug(title)}.html`, title, label: title, summary: dice.say(dice.pick(TERMS), slots), blocks }
}

function about({ dice, picture }: Writer, slots: ReturnType<typeof commonSlots>, author: string): Page {
  const title = dice.pick(['About', 'Biography', 'Profile', 'Contact'])
  const first = dice.say(
    `${author} [lives|works] [in|near] {town}. [After|Before that, after] [a few years|some time] [in a laboratory|at a newspaper|as a carpenter|teaching], [photography|the camera] [took over|won] in {since}.`,
    slots,
  )
  return {
    path: `${slug(title)}.html`,
    title,
    label: title,
    summary: first,
    blocks: [
      prose(first),
      { kind: 'gallery', pictures: [picture(author)] },
      heading(dice.pick(['Studio', 'Where', 'Address', 'Find me'])),
      prose(
        dice.say(
          '[{number} {street}|{street}, number {number}], {town}. [By appointment|Ring twice|Open on {day}s|Please write first].',
          slots,
        ),
      ),
    ],
  }
}
