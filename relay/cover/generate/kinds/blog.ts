// A personal blog: an index of dated posts, an about page, a list of links.
import { type Block, commonSlots, heading, type Page, prose, type Site, slug, type Writer } from '../site.ts'
import { lines, list, words } from '../words.ts'

const SUBJECTS = [
  {
    about: 'bread',
    things: list('starter dough crust flour oven loaf rye-bread peel proofing-basket crumb'),
    verbs: list('bake knead shape scale proof'),
    places: list('kitchen bakery mill market'),
  },
  {
    about: 'cycling',
    things: list('wheel saddle gear-cable frame chain pannier tyre headset lamp map'),
    verbs: list('ride climb repair pack clean'),
    places: list('valley towpath pass ferry coast-road'),
  },
  {
    about: 'gardening',
    things: list('compost seed-tray bed trellis pear-tree hedge tomato-plant bulb greenhouse spade'),
    verbs: list('sow prune water dig transplant'),
    places: list('allotment greenhouse border orchard'),
  },
  {
    about: 'old radios',
    things: list('capacitor dial valve chassis loudspeaker knob transformer cabinet solder-joint aerial'),
    verbs: list('solder align test restore clean'),
    places: list('workbench flea-market attic club-room'),
  },
  {
    about: 'birds',
    things: list('notebook telescope nest-box feather feeder ring migration-list hide recording song'),
    verbs: list('watch count sketch record identify'),
    places: list('reed-bed estuary wood cliff-path'),
  },
  {
    about: 'letterpress',
    things: list('type-case roller proof ink-knife chase composing-stick paper press-bed tray guard'),
    verbs: list('print set ink trim fold'),
    places: list('print-shop basement fair archive'),
  },
  {
    about: 'walking',
    things: list('rucksack boot map stile flask signpost tent bridge hut cairn'),
    verbs: list('walk cross camp rest climb'),
    places: list('ridge moor river forest village'),
  },
  {
    about: 'knitting',
    things: list('yarn needle cuff cable collar swatch stitch-marker sleeve pattern wool'),
    verbs: list('knit block unravel spin dye'),
    places: list('wool-shop train library front-room'),
  },
]

const TITLES = lines(`
  [What|Things] I learned from a [bad|broken|borrowed|second-hand] {thing}
  [Notes|A few notes|Some words] on the {thing}
  The {thing} that [would not|refused to] [fit|last|behave]
  [Another|One more|A] {day} in the {place}
  [Slow|Small|Quiet] progress with the {thing}
  How [I|we] {verb} when there is no time
  Why I [still|no longer|always] {verb} on a {day}
  [Back|Out] to the {place}
  {season}: the {thing} and the {thing}
  [Three|Two|Four] [mistakes|ways] with a {thing}
  A {thing} for {given}
  In praise of the [plain|ordinary|old] {thing}`)

const SENTENCES = lines(`
  [Last|On] {day} [morning|evening|afternoon] [I|we] took the {thing} to the {place} and [hoped for the best|did not come home until dark|learned something].
  {given} [says|thinks|insists] that [a|any] {thing} should [last|outlive] [its owner|twenty years|a lifetime], and [I have stopped arguing|so far that holds|mine did not].
  The [trick|hard part|first step] is to {verb} [slowly|before breakfast|without looking at the clock], then to leave the {thing} alone [overnight|for an hour|until it dries].
  [It turns out|I had forgotten|Nobody tells you] that {weather} changes everything about [the|a] {thing}.
  I [bought|found|was given] the {thing} in {town} for [very little|less than a lunch|nothing], and it [needed|still needs|had] a [new|different|better] {thing}.
  There is [a|one] {thing} in the {place} that [everyone|nobody|my neighbour] [uses|trusts|asks about].
  [By|Towards] the end of {month} the {place} is [empty|full of people|at its best], which is [when|why] I {verb} there.
  [This|Next] {season} I [want|plan|hope] to {verb} [more|less|with {given}], and to write down [what happens|the numbers|every failure].
  If you {verb} too [early|late|hard], the {thing} [shows it|will let you know|cannot be saved].
  [A reader|{given}|Somebody] [wrote|asked] about the {thing}: [yes|no], it [is|was] [the same one|a gift|older than it looks].
  My [father|aunt|teacher|neighbour] used to {verb} with [a|one] {thing} and [a lot of patience|no instructions|cold hands].
  [I made|There were] {few} attempts, and [only one|the second|none] was worth [keeping|a photograph|the trouble].
  For the {thing} I [measured|used|tried] [twice|the old one|what was in the drawer], and it [fits|held|works] [well enough|so far|better than I deserve].
  [The rest|Everything else] can wait until {day}.
  Between {weather} and {weather} there was [exactly|just|about] an hour to {verb}.`)

export function writeBlog(writer: Writer): Site {
  const { dice } = writer
  const subject = dice.pick(SUBJECTS)
  const slots = { ...commonSlots(writer), thing: subject.things, verb: subject.verbs, place: subject.places }
  const author = dice.pick(writer.people)
  const folder = dice.pick(['', 'posts/', 'notes/', 'archive/', 'journal/', `${writer.year}/`])
  const posts = dice.sample(TITLES, dice.between(3, 5)).map((title, n): Page & { date: string } => {
    const said = dice.say(title, slots)
    const body: Block[] = Array.from({ length: dice.between(3, 6) }, () => prose(dice.paragraph(SENTENCES, slots, 2, 5)))
    if (dice.chance(0.6))
      body.splice(dice.between(1, 2), 0, { kind: 'gallery', pictures: [writer.picture(dice.say('[the|a] {thing}, {month}', slots))] })
    const date = writer.date(n)
    return {
      path: `${folder}${slug(said)}.html`,
      title: said,
      label: undefined,
      summary: dice.say(dice.pick(SENTENCES), slots),
      blocks: [prose(date), ...body],
      date,
    }
  })
  const about = dice.pick(['About', 'About me', 'Who writes this', 'Hello'])
  const aboutPage: Page = {
    path: `${slug(about)}.html`,
    title: about,
    label: about,
    summary: dice.say(`[Some|A few] words about ${author}`, slots),
    blocks: [
      prose(
        dice.say(
          `[I am|My name is|This is] ${author}. I [live|work|grew up] [in|near] {town} and [write|keep notes] about ${subject.about} [since|, on and off, since] {since}.`,
          slots,
        ),
      ),
      prose(dice.paragraph(SENTENCES, slots, 2, 4)),
      prose(dice.say('[Corrections are welcome|Letters are answered, slowly|There are no advertisements here|Nothing here is for sale].')),
    ],
  }
  const links = posts.map((post) => ({
    href: post.path,
    title: post.title,
    note: dice.chance(0.5) ? post.date : `${post.date}. ${post.summary}`,
  }))
  const name =
    writer.domainName ??
    dice.say(
      dice.pick([
        '[The|A] {thing} [diary|notebook|log|page]',
        `${dice.pick(words.nameWords)} & ${dice.pick(words.nameWords)}`,
        `${author.split(' ')[0]}’s [notes|page|journal]`,
      ]),
      slots,
    )
  const tagline = dice.say(
    `[notes|letters|a journal|some writing|field notes] [on|about] ${subject.about}[| from {town}| and other small things]`,
    slots,
  )
  const home: Page = {
    path: 'index.html',
    title: name,
    label: dice.pick(['Home', 'Start', 'Front page', 'Latest', 'Posts']),
    summary: tagline,
    blocks: [
      prose(dice.paragraph(SENTENCES, slots, 1, 3)),
      heading(dice.pick(['Recent', 'Latest posts', 'Written lately', 'Posts', 'Archive'])),
      { kind: 'links', items: links },
    ],
  }
  return {
    name,
    tagline,
    pages: [home, aboutPage, ...posts],
    banner: dice.chance(0.4) ? writer.picture(dice.say('{place} in {season}', slots)) : undefined,
  }
}
