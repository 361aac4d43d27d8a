// What Chromium's fake camera sees: a QR code, held still.
import { writeFileSync } from 'node:fs'
import { create } from 'qrcode'

const [WIDTH, HEIGHT] = [640, 480]
/** Modules of white around a code (ISO/IEC 18004). */
const QUIET_ZONE = 4
/** Of the luma plane, in the range of video. */
const [BLACK, WHITE] = [16, 235]
const NO_COLOUR = 128

/** Writes a film of one frame (YUV4MPEG2, as its plain text header says), which the camera plays again and again; returns the switches for that. */
export function holdBeforeCamera(text: string, file: string): readonly string[] {
  const { modules } = create(text, { errorCorrectionLevel: 'L' })
  const scale = Math.floor(HEIGHT / (modules.size + 2 * QUIET_ZONE))
  const luma = Buffer.alloc(WIDTH * HEIGHT, WHITE)
  const top = Math.floor((HEIGHT - modules.size * scale) / 2)
  for (let row = 0; row < modules.size * scale; row++) {
    for (let column = 0; column < modules.size * scale; column++) {
      if (modules.get(Math.floor(row / scale), Math.floor(column / scale)) !== 0) luma[(top + row) * WIDTH + top + column] = BLACK
    }
  }
  const chroma = Buffer.alloc((WIDTH * HEIGHT) / 2, NO_COLOUR)
  writeFileSync(file, Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420\nFRAME\n`), luma, chroma]))
  return ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${file}`]
}
