// A figure: what a chart says, before it is drawn. One value makes the drawing, its table, CSV, JSON, SVG, PNG, permalink and embed.

/** A day of the UTC calendar, such as 2026-11-28: as text, days sort as they follow each other. */
export type Day = string

export type Kind = 'day' | 'country' | 'text' | 'count' | 'money' | 'cost' | 'share' | 'bytes' | 'hours' | 'decimal'
/** undefined: withheld, or not known. Never zero. */
export type Cell = string | number | undefined

export interface Column {
  /** The name in CSV and JSON; never translated. */
  readonly key: string
  readonly label: string
  readonly kind: Kind
}

export interface Range {
  readonly low: number
  readonly estimate: number
  readonly high: number
}

export interface Rows {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
}

export interface Figure extends Rows {
  /** Its name in addresses, such as `people`. */
  readonly name: string
  /** The query that brings exactly this figure back, without the language. */
  readonly query: string
  readonly title: string
  /** What it shows, in one sentence with its numbers. */
  readonly sentence: string
  /** How to read it, or what it does not show. */
  readonly note: string
  /** What the files have instead, where a page has no room for all of it. */
  readonly files?: Rows
  readonly drawing: Drawing
}

export type Drawing = LineDrawing | RangeDrawing | GridDrawing | MapDrawing | TableDrawing

/** Nothing but the columns and rows: for what no picture shows better. */
export interface TableDrawing {
  readonly shape: 'table'
}

/** Values over days, each line with its band; where a value is undefined, the line is broken. */
export interface LineDrawing {
  readonly shape: 'line'
  readonly from: Day
  readonly to: Day
  readonly kind: Kind
  readonly lines: readonly Line[]
  readonly shades: readonly Shade[]
}

export interface Line {
  readonly label: string
  readonly points: readonly Point[]
}

export interface Point {
  readonly day: Day
  readonly range: Range | undefined
}

/** A stretch of days that the chart marks: a shutdown. */
export interface Shade {
  readonly from: Day
  readonly to: Day
  readonly label: string
}

/** Ranges beside each other: for ranks, and for methods that disagree. */
export interface RangeDrawing {
  readonly shape: 'ranges'
  readonly kind: Kind
  readonly items: readonly { readonly label: string; readonly range: Range | undefined }[]
}

/** Shares from 0 to 1 by row and column. */
export interface GridDrawing {
  readonly shape: 'grid'
  readonly columns: readonly string[]
  readonly rows: readonly { readonly label: string; readonly cells: readonly (Range | undefined)[] }[]
}

/** A value by country code. `withheld` has something to say, and does not say it. */
export interface MapDrawing {
  readonly shape: 'map'
  readonly kind: Kind
  readonly values: ReadonlyMap<string, number>
  readonly withheld: ReadonlySet<string>
  readonly legend: { readonly none: string; readonly withheld: string; readonly disputed: string }
}
