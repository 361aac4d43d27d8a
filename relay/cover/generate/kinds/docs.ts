// The manual of a small program: getting started, configuration, commands, questions.
import { type Block, commonSlots, heading, type Page, prose, type Site, slug, type Writer } from '../site.ts'
import { lines, list, words } from '../words.ts'

const TOOLS = [
  {
    does: 'sorts photographs by date',
    things: list('photo folder index thumbnail duplicate tag'),
    verbs: list('scan import tag move rename'),
  },
  {
    does: 'keeps household accounts in a text file',
    things: list('ledger entry account balance budget report'),
    verbs: list('check add balance report import'),
  },
  {
    does: 'records the weather from cheap sensors',
    things: list('sensor reading station gauge graph log'),
    verbs: list('read calibrate plot export watch'),
  },
  {
    does: 'turns notes into a small book',
    things: list('chapter note page index footnote cover'),
    verbs: list('build watch render number bind'),
  },
  {
    does: 'plans train journeys on paper timetables',
    things: list('timetable line stop route change fare'),
    verbs: list('load plan list print compare'),
  },
  {
    does: 'catalogues a record collection',
    things: list('record shelf label sleeve artist listing'),
    verbs: list('add find list print sync'),
  },
  {
    does: 'labels seeds and remembers when they were sown',
    things: list('packet bed label season calendar variety'),
    verbs: list('add sow label remind list'),
  },
  {
    does: 'backs up one folder to another, slowly and surely',
    things: list('folder snapshot copy manifest drive schedule'),
    verbs: list('copy verify prune restore list'),
  },
]

const SENTENCES = lines(`
  {tool} [reads|looks for] [one|a single] {thing} [at a time|first] and [never|does not] [changes|touches] [what it did not write|your originals|anything else].
  [Run|Use|Call] {tool} [with|and] a {thing} to {verb} it, [or|and] [without one|nothing] to {verb} [everything|the whole {thing}].
  [By default|Unless told otherwise|Normally] [every|each] {thing} is [kept|stored] [beside|next to|under] the {thing} [it belongs to|that names it].
  A {thing} may [hold|contain|name] [any number of|several|up to {number}] {thing}s.
  If a {thing} is [missing|damaged|empty], {tool} [says so|stops|prints its name] and [goes on|exits with status 1|leaves the rest alone].
  [Nothing|No {thing}] [leaves|is sent from] [your|the] [computer|machine].
  [It|{tool}] [runs|works] on [Linux and macOS|Linux|anything with a shell|small boards too], and [needs|uses] [no|little] [database|memory|set-up].
  [Since|From] version {version} [you can|it is possible to] {verb} [more than one|a compressed|a shared] {thing}.
  [The order|Their order] of [the|] {thing}s [does not matter|is kept|follows the {thing}].
  [To undo|Undoing] [a|the last] [step|change][: |, ]{verb} the {thing} [again|from the copy|with the same name].
  [Large|Long|Old] {thing}s [take|need] [a moment|some minutes|longer]; [progress is shown|a dot is printed for each|be patient].`)

const QUESTIONS = lines(`
  [Why|When] does it {verb} [twice|so slowly|nothing]?
  Can I {verb} a {thing} [by hand|twice|on another machine]?
  Where [is|does it keep] the {thing}?
  What [if|happens when] a {thing} is [lost|too long|shared]?
  Does it work [without|with] a {thing}?
  How do I [move|delete|rename] a {thing}?`)

export function writeDocs(writer: Writer): Site {
  const { dice } = writer
  const tool = dice.pick(TOOLS)
  const first = writer.domainName?.split(' ')[0] ?? dice.pick(words.nameWords)
  const command = first.toLowerCase()
  const version = `${dice.between(0, 3)}.${dice.between(1, 14)}`
  const name = writer.domainName ?? dice.pick([first, command, `${first} [manual]`.replace(/[[\]]/g, ''), `${first} ${version}`])
  const slots = {
    ...commonSlots(writer),
    thing: tool.things,
    verb: tool.verbs,
    tool: [dice.pick([first, command, 'it', `the ${command} command`])],
    version: [version],
  }
  const folder = dice.pick(['', 'docs/', 'manual/', 'guide/', 'help/'])
  const said = (low: number, high: number): Block => prose(dice.paragraph(SENTENCES, slots, low, high))
  const call = (): string =>
    `${dice.pick(['', '$ ', '> '])}${command} ${dice.pick(tool.verbs)}${dice.pick(['', ' --all', ' -v', ` ${dice.pick(tool.things)}.txt`, ` ~/${dice.pick(tool.things)}`])}`
  const page = (titles: readonly string[], blocks: readonly Block[]): Page => {
    const title = dice.pick(titles)
    return { path: `${folder}${slug(title)}.html`, title, label: title, summary: dice.say(dice.pick(SENTENCES), slots), blocks }
  }
  const pages = [
    page(
      ['Getting started', 'First steps', 'Quick start', 'Tutorial'],
      [
        said(1, 3),
        code(dice.pick(['tar xf', 'unzip', 'git clone']), command, version),
        said(1, 2),
        { kind: 'code', text: `${call()}\n${call()}` },
        said(1, 3),
      ],
    ),
    page(
      ['Configuration', 'Settings', 'Options', 'The settings file'],
      [said(1, 2), settings(writer, tool.things, tool.verbs), said(2, 3)],
    ),
    page(
      ['Commands', 'Reference', 'Usage', 'All commands'],
      tool.verbs.flatMap((verb): Block[] => [
        heading(dice.chance(0.5) ? verb : `${command} ${verb}`),
        said(1, 2),
        ...(dice.chance(0.5) ? [{ kind: 'code', text: call() } as const] : []),
      ]),
    ),
    page(
      ['Questions', 'FAQ', 'Troubleshooting', 'Common questions'],
      dice.sample(QUESTIONS, dice.between(3, 5)).flatMap((question): Block[] => [heading(dice.say(question, slots)), said(1, 2)]),
    ),
    ...(dice.chance(0.6) ? [page(['Changes', 'Release notes', 'History', 'What is new'], changes(writer, said))] : []),
  ]
  const tagline = dice.say(`[a small program that|a tool that|software that] ${tool.does}`, slots)
  const links = pages.map((linked) => ({ href: linked.path, title: linked.title, note: linked.summary }))
  const home: Page = {
    path: 'index.html',
    title: name,
    label: dice.pick(['Overview', 'Home', 'Introduction', name]),
    summary: tagline,
    blocks: [said(2, 4), { kind: 'code', text: call() }, { kind: 'links', items: links }],
  }
  return {
    name,
    tagline,
    pages: [home, ...pages],
    banner: dice.chance(0.3) ? writer.picture(dice.pick(['Overview', 'How it fits together', 'In use'])) : undefined,
  }
}

function code(unpack: string, command: string, version: string): Block {
  const archive = unpack === 'unzip' ? 'zip' : 'tar.gz'
  return {
    kind: 'code',
    text:
      unpack === 'git clone'
        ? `cd ${command}\nmake\nmake install`
        : `${unpack} ${command}-${version}.${archive}\ncd ${command}-${version}\n./install`,
  }
}

function settings({ dice }: Writer, things: readonly string[], verbs: readonly string[]): Block {
  const rows = dice
    .sample(things, dice.between(3, 5))
    .map((thing) => [
      `${thing}${dice.pick(['', '_path', '-name', '_count', '-limit'])}`.replaceAll(' ', '_'),
      dice.pick(['none', 'yes', 'no', String(dice.between(1, 64)), '.', 'auto']),
      dice.say(`[which|what|how many] [to|it will] {verb}[| at once| first]`, { verb: verbs }),
    ])
  return {
    kind: 'table',
    head: [dice.pick(['Name', 'Key', 'Setting']), dice.pick(['Default', 'Unless set']), dice.pick(['Meaning', 'What it does'])],
    rows,
  }
}

function changes({ dice, date }: Writer, said: (low: number, high: number) => Block): Block[] {
  const major = dice.between(0, 3)
  return Array.from({ length: dice.between(2, 4) }, (_, n) => [heading(`${major}.${14 - n} (${date(n)})`), said(1, 2)]).flat()
}
