// From rows to medians, bars and tables. Pure: no clock, no file, no process.

export interface Column {
  readonly key: string
  readonly title: string
}

/** One measurement of one peer in one round. */
export interface Row {
  readonly round: number
  readonly peer: string
  readonly test: string
  /** Share of the machine that strangers' processes used meanwhile, in percent. */
  readonly othersPercent: number
  readonly values: Readonly<Record<string, number>>
  /** Why there are no values. */
  readonly failed?: string
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly count: number
}

/** A promise in numbers: `value` of `test` must be at least (or at most) factor × the best of some peers, plus something. */
export interface Bar {
  readonly claim: string
  readonly test: string
  readonly value: string
  readonly sense: 'at least' | 'at most'
  readonly factor: number
  readonly plus: number
  /** Peers of which the best counts; empty for a fixed limit (`plus` alone). */
  readonly of: readonly string[]
  /** The value to compare with, where it is another than `value`. */
  readonly ofValue?: string
}

export interface Judgement {
  readonly bar: Bar
  readonly ours: number | undefined
  readonly theirs: { readonly peer: string; readonly value: number } | undefined
  readonly limit: number | undefined
  readonly verdict: 'pass' | 'miss' | 'not measured'
}

/** What a table needs to know of a test. */
export interface Heading {
  readonly name: string
  readonly title: string
  readonly columns: readonly Column[]
}

export function spread(values: readonly number[]): Spread | undefined {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) return undefined
  const middle = sorted.length / 2
  const median = ((sorted[Math.ceil(middle) - 1] ?? min) + (sorted[Math.floor(middle)] ?? max)) / 2
  return { median, min, max, count: sorted.length }
}

/** The rows of one peer in one test that count: those in a quiet machine, or all where fewer than half were quiet. */
export function countingRows(rows: readonly Row[], test: string, peer: string, noisePercent: number): readonly Row[] {
  const good = rows.filter((row) => row.test === test && row.peer === peer && row.failed === undefined)
  const quiet = good.filter((row) => row.othersPercent <= noisePercent)
  return quiet.length * 2 >= good.length ? quiet : good
}

export class Results {
  readonly #rows: readonly Row[]
  readonly #noisePercent: number

  constructor(rows: readonly Row[], noisePercent: number) {
    this.#rows = rows
    this.#noisePercent = noisePercent
  }

  /** Peers with a row in this test, in order of appearance. */
  peers(test: string): readonly string[] {
    return [...new Set(this.#rows.filter((row) => row.test === test).map((row) => row.peer))]
  }

  spread(test: string, peer: string, value: string): Spread | undefined {
    return spread(this.#counting(test, peer).map((row) => row.values[value] ?? Number.NaN))
  }

  othersPercent(test: string, peer: string): number {
    return spread(this.#counting(test, peer).map((row) => row.othersPercent))?.median ?? 0
  }

  failures(test: string, peer: string): number {
    return this.#rows.filter((row) => row.test === test && row.peer === peer && row.failed !== undefined).length
  }

  judge(bar: Bar, product: string): Judgement {
    const ours = this.spread(bar.test, product, bar.value)?.median
    const rivals = bar.of.flatMap((peer) => {
      const value = this.spread(bar.test, peer, bar.ofValue ?? bar.value)?.median
      return value === undefined ? [] : [{ peer, value }]
    })
    const sign = bar.sense === 'at least' ? 1 : -1
    const theirs = rivals.toSorted((a, b) => sign * (b.value - a.value))[0]
    const limit = bar.of.length === 0 ? bar.plus : theirs === undefined ? undefined : theirs.value * bar.factor + bar.plus
    const verdict = ours === undefined || limit === undefined ? 'not measured' : sign * ours >= sign * limit ? 'pass' : 'miss'
    return { bar, ours, theirs, limit, verdict }
  }

  #counting(test: string, peer: string): readonly Row[] {
    return countingRows(this.#rows, test, peer, this.#noisePercent)
  }
}

/** The bars as a Markdown table: what was promised, what was measured, how far apart, and whether it holds. */
export function barTable(results: Results, bars: readonly Bar[], product: string): string {
  const lines = bars.map((bar) => {
    const { ours, theirs, limit, verdict } = results.judge(bar, product)
    const rival = theirs === undefined ? '' : `${format(theirs.value)} (${theirs.peer})`
    const ratio = ours === undefined || theirs === undefined || theirs.value === 0 ? '' : `${format(ours / theirs.value)}×`
    return [
      bar.claim,
      format(ours),
      rival,
      ratio,
      limit === undefined ? '' : `${bar.sense} ${format(limit)}`,
      verdict === 'miss' ? '**miss**' : verdict,
    ]
  })
  return table(['bar', product, 'compared with', 'ratio', 'limit', 'verdict'], lines)
}

/** One test as a Markdown table: median [min–max] for each peer, and its first column as a ratio to the product's. */
export function testTable(results: Results, heading: Heading, product: string): string {
  const [first] = heading.columns
  const own = first === undefined ? undefined : results.spread(heading.name, product, first.key)?.median
  const lines = results.peers(heading.name).map((peer) => {
    const cells = heading.columns.map(({ key }) => formatSpread(results.spread(heading.name, peer, key)))
    const value = first === undefined ? undefined : results.spread(heading.name, peer, first.key)?.median
    const ratio = own === undefined || value === undefined || value === 0 ? '' : `${format(own / value)}×`
    const failures = results.failures(heading.name, peer)
    const name = failures > 0 ? `${peer} (${failures} failed)` : peer
    return [name, ...cells, ratio, `${results.othersPercent(heading.name, peer).toFixed(0)} %`]
  })
  const titles = ['peer', ...heading.columns.map(({ title }) => title), `${product} is`, 'others']
  return `### ${heading.title} (\`${heading.name}\`)\n\n${table(titles, lines)}`
}

/** Three significant digits, without an exponent. */
export function format(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  return value.toFixed(size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3)
}

export function table(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [row(titles), `|${titles.map(() => '---|').join('')}`, ...lines.map(row)].join('\n')
}

function formatSpread(spread: Spread | undefined): string {
  if (spread === undefined) return '–'
  return spread.count === 1 ? format(spread.median) : `${format(spread.median)} [${format(spread.min)}–${format(spread.max)}]`
}
