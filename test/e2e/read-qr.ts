// Reads QR codes as a camera would, from drawings and from pictures.
import { Resvg } from '@resvg/resvg-js'
import jsqr from 'jsqr'

/** Drawn `width` dots wide. undefined: there is none to be seen. */
export function readDrawing(svg: string, width = 900): string | undefined {
  const drawn = new Resvg(svg, { fitTo: { mode: 'width', value: width }, background: 'white' }).render()
  return jsqr.default(new Uint8ClampedArray(drawn.pixels), drawn.width, drawn.height)?.data
}

export function readPicture(png: Buffer): string | undefined {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  const href = `data:image/png;base64,${png.toString('base64')}`
  const image = `<image href="${href}" width="${width}" height="${height}"/>`
  return readDrawing(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${image}</svg>`)
}
