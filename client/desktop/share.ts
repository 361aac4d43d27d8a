// “Give to a friend”: the app's installer with its signed document, an invite, and what to do with them, written into a folder of their own. What an invite
// gives away is said before, on the screen, and again in the folder.
import { constants } from 'node:fs'
import { copyFile, mkdir, open, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import qrcode from 'qrcode'
import type { Language } from '../contract/settings.ts'
import { shareLimits } from './limits.ts'
import { READ_ME } from './share-words.ts'
import { isWhole } from './update/download.ts'
import { DOCUMENT_NAME, type Installer } from './update/updates.ts'

export interface Gift {
  /** Where the person wants it: a USB stick, say. */
  readonly place: string
  readonly language: Language
  readonly invite?: string | undefined
  readonly installer?: Installer | undefined
}

const FOLDER_NAME = 'Culvert'
export const INVITE_FILE = 'invite.culvert'
export const INVITE_PICTURE = 'invite.png'
export const READ_ME_FILE = 'readme.txt'

/** Nothing that is there is overwritten. Resolves with the new folder's name and whether the installer is in it, or 'failed' with nothing left behind. */
export async function giveToFriend(gift: Gift): Promise<{ readonly folder: string; readonly hasApp: boolean } | 'failed'> {
  const folder = await makeFolder(gift.place)
  if (folder === undefined) return 'failed'
  try {
    await fill(folder, gift)
    return { folder: basename(folder), hasApp: gift.installer !== undefined }
  } catch {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined)
    return 'failed'
  }
}

async function makeFolder(place: string): Promise<string | undefined> {
  for (let count = 1; count <= shareLimits.foldersMax; count++) {
    const folder = join(place, count === 1 ? FOLDER_NAME : `${FOLDER_NAME} ${count}`)
    const error = await mkdir(folder, { mode: 0o700 }).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    )
    if (error === undefined) return folder
    if (error.code !== 'EEXIST') return undefined
  }
  return undefined
}

async function fill(folder: string, { language, invite, installer }: Gift): Promise<void> {
  if (installer !== undefined) {
    const copy = join(folder, installer.file.name)
    await copyFile(installer.path, copy, constants.COPYFILE_EXCL)
    await sync(copy)
    // A stick that is full or broken must not give away half an installer.
    if (!(await isWhole(copy, installer.file))) throw new Error('the copy differs')
    await write(join(folder, DOCUMENT_NAME), installer.document)
  }
  if (invite !== undefined) {
    await write(join(folder, INVITE_FILE), `${invite}\n`)
    if (invite.length <= shareLimits.qrTextMax)
      await write(join(folder, INVITE_PICTURE), await qrcode.toBuffer(invite, { type: 'png', scale: 6 }))
  }
  await write(join(folder, READ_ME_FILE), readMe(language, installer?.file.name, invite))
}

/** With the mark and the line ends that every editor of every system shows rightly. */
function readMe(language: Language, installer: string | undefined, invite: string | undefined): string {
  const words = READ_ME[language]
  const hasPicture = invite !== undefined && invite.length <= shareLimits.qrTextMax
  const steps = [
    installer === undefined ? words.askForApp : words.install.replace('{file}', installer),
    ...(invite === undefined ? [] : [words.openInvite.replace('{file}', INVITE_FILE)]),
    ...(hasPicture ? [words.scan.replace('{file}', INVITE_PICTURE)] : []),
    words.press,
  ]
  const remarks = [
    ...(installer === undefined ? [] : [words.alreadyThere.replace('{file}', DOCUMENT_NAME)]),
    ...(invite === undefined ? [] : [words.secret]),
    words.folderTells,
  ]
  return `\ufeffCulvert\r\n\r\n${words.about}\r\n\r\n${steps.map((step) => `• ${step}\r\n`).join('')}\r\n${remarks.map((remark) => `${remark}\r\n\r\n`).join('')}`
}

async function write(file: string, bytes: string | Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** On the stick before the person is told so: they pull it out at once. */
async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
