// Pictures without photographs: hills under a sky as PNG, plain shapes as SVG, a letter as favicon.
import { crc32, deflateSync } from 'node:zlib'
import type { Dice } from './dice.ts'
import { hex, type Palette } from './face.ts'

type Colour = readonly [number, number, number]

/** Colours in a picture's table; the rest of PNG's 256 would only make it larger. */
const TABLE_COLOURS = 64

/** An indexed PNG of a landscape with film grain, so that its size is that of a small photograph. */
export function drawLandscape(dice: Dice, palette: Palette, width: number, height: number): Uint8Array {
  const sun = { x: dice.fraction() * width, y: dice.fraction() * 0.35 * height, r: (0.03 + dice.fraction() * 0.08) * height }
  const ridges = Array.from({ length: dice.between(2, 5) }, (_, n) => drawRidge(dice, n, width, height))
  const grain = 0.01 + dice.fraction() * 0.03
  const rows = Buffer.alloc((width + 1) * height)
  for (let x = 0; x < width; x++) {
    const tops = ridges.map((ridge) => ridge.top(x))
    for (let y = 0; y < height; y++) {
      const front = tops.findLastIndex((top) => y > top)
      const sky = (x - sun.x) ** 2 + (y - sun.y) ** 2 < sun.r ** 2 ? 1 : 0.95 - (0.35 * y) / height
      const tone = front < 0 ? sky : (ridges[front] as Ridge).tone + (0.12 * y) / height
      const index = Math.round((tone + (dice.fraction() - 0.5) * grain) * (TABLE_COLOURS - 1))
      rows[y * (width + 1) + 1 + x] = Math.max(0, Math.min(TABLE_COLOURS - 1, index))
    }
  }
  return encodePng(width, height, rows, tableOf(palette.tones))
}

interface Ridge {
  readonly tone: number
  /** The row at which the ridge begins, in pixels from above. */
  top(x: number): number
}

/** The nth from behind: each stands lower and darker than the one before. */
function drawRidge(dice: Dice, n: number, width: number, height: number): Ridge {
  const base = 0.35 + 0.15 * n + dice.fraction() * 0.1
  const waves = Array.from({ length: 4 }, (_, k) => ({
    size: 0.07 / (k + 1),
    turns: dice.fraction() * 3 * (k + 1),
    shift: dice.fraction() * 6.3,
  }))
  const top = (x: number): number =>
    height * waves.reduce((sum, wave) => sum + wave.size * Math.sin((x / width) * wave.turns * 6.283 + wave.shift), base)
  return { tone: 0.5 - 0.13 * n, top }
}

/** A drawing of plain shapes. */
export function drawShapes(dice: Dice, palette: Palette): string {
  const [width, height] = dice.pick([
    [640, 400],
    [800, 500],
    [600, 600],
    [720, 405],
    [960, 540],
    [500, 640],
  ] as const)
  const tones = palette.tones.map(hex)
  const colour = (): string => dice.pick(tones)
  const gap = dice.pick(['\n', '', '\n  '])
  const end = dice.pick(['/>', ' />'])
  const shape = dice.pick<() => string>([
    () => `<circle cx="${dice.between(0, width)}" cy="${dice.between(0, height)}" r="${dice.between(12, 160)}" fill="${colour()}"${end}`,
    () =>
      `<rect x="${dice.between(0, width)}" y="${dice.between(0, height)}" width="${dice.between(20, 300)}" height="${dice.between(20, 260)}" fill="${colour()}"${end}`,
    () =>
      `<path d="M0 ${dice.between(90, height)} Q ${dice.between(0, width)} ${dice.between(0, height)} ${width} ${dice.between(60, height)} V ${height} H 0 Z" fill="${colour()}" opacity=".${dice.between(4, 9)}"${end}`,
    () =>
      `<line x1="${dice.between(0, width)}" y1="0" x2="${dice.between(0, width)}" y2="${height}" stroke="${colour()}" stroke-width="${dice.between(2, 40)}"${end}`,
  ])
  const shapes = Array.from({ length: dice.between(4, 18) }, shape).join(gap)
  const size = dice.chance(0.5) ? ` width="${width}" height="${height}"` : ''
  return `<svg xmlns="http://www.w3.org/2000/svg"${size} viewBox="0 0 ${width} ${height}">${gap}<rect width="${dice.pick(['100%', String(width)])}" height="${dice.pick(['100%', String(height)])}" fill="${colour()}"${end}${gap}${shapes}${gap.trim()}</svg>\n`
}

/** An ICO that holds one small PNG; browsers ask every site for it. */
export function drawFavicon(dice: Dice, palette: Palette): Uint8Array {
  const side = dice.pick([16, 32, 48])
  const rows = Buffer.alloc((side + 1) * side)
  const [back, front] = dice.sample([0, 20, 40, 62], 2) as [number, number]
  const inside = dice.pick<(x: number, y: number) => boolean>([
    (x, y) => Math.hypot(x, y) < 0.8,
    (x, y) => Math.abs(x) + Math.abs(y) < 0.9,
    (x, y) => x > y,
    (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.6,
    (x, y) => Math.abs(Math.hypot(x, y) - 0.6) < 0.25,
  ])
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) rows[y * (side + 1) + 1 + x] = inside((2 * x + 1) / side - 1, (2 * y + 1) / side - 1) ? front : back
  const png = encodePng(side, side, rows, tableOf(palette.tones))
  const head = Buffer.alloc(22)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(1, 4)
  head.set([side, side, TABLE_COLOURS, 0, 1, 0, 8, 0], 6)
  head.writeUInt32LE(png.length, 14)
  head.writeUInt32LE(head.length, 18)
  return Buffer.concat([head, png])
}

function tableOf(tones: readonly Colour[]): Buffer {
  const colours = Array.from({ length: TABLE_COLOURS }, (_, n) => {
    const at = (n / (TABLE_COLOURS - 1)) * (tones.length - 1)
    const low = tones[Math.floor(at)] as Colour
    const high = tones[Math.ceil(at)] as Colour
    return low.map((part, i) => Math.round(part + ((high[i] as number) - part) * (at % 1)))
  })
  return Buffer.from(colours.flat())
}

/** PNG (RFC 2083) with a table of colours, 8 bits a pixel; rows begin with their filter byte, which is 0. */
function encodePng(width: number, height: number, rows: Uint8Array, table: Uint8Array): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', table),
    chunk('IDAT', deflateSync(rows, { level: 3 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + body.length)
  bytes.writeUInt32BE(body.length, 0)
  bytes.write(name, 4, 'latin1')
  bytes.set(body, 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + body.length)), 8 + body.length)
  return bytes
}
