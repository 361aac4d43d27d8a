// An invite in the forms in which people pass it on: a file that opens in the app, and a QR code as a drawing and as a picture.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { toBuffer, toString as toSvg } from 'qrcode'
import { fileRefused, OperatorError } from './operator-error.ts'

/** NAME.culvert, NAME.svg and NAME.png, readable by their user only: each is the invite. Returns what to tell the operator. Throws OperatorError. */
export async function writeInviteFiles(text: string, name: string): Promise<string> {
  const level = { errorCorrectionLevel: 'M' } as const
  const files = [
    { file: resolve(`${name}.culvert`), bytes: `${text}\n` },
    { file: resolve(`${name}.svg`), bytes: await drawn(() => toSvg(text, { type: 'svg', ...level })) },
    { file: resolve(`${name}.png`), bytes: await drawn(() => toBuffer(text, { type: 'png', scale: 6, ...level })) },
  ]
  for (const { file, bytes } of files) write(file, bytes)
  return `${files.map(({ file }) => file).join('\n')}\n`
}

/** What fits no QR code is an invite with many long names of edges. */
function drawn<T>(draw: () => Promise<T>): Promise<T> {
  return draw().catch((error: unknown) => {
    throw new OperatorError('This invite is too long for a QR code: it names too many ways in. Give it as a file or as text.', {
      cause: error,
    })
  })
}

function write(file: string, bytes: string | Uint8Array): void {
  try {
    writeFileSync(file, bytes, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileRefused(file, 'written', error)
    throw new OperatorError(`${file} is there already. Give another name, or remove it: it may be an invite that somebody holds.`)
  }
}
