// Finds a QR code in a picture: of a file, of the screen, of the camera. The picture stays in this page.
import { uiLimits } from './limits.ts'

/** Undefined: there is none to be seen. Rejects where the picture can't be read. */
export async function readQr(source: Blob | HTMLVideoElement): Promise<string | undefined> {
  const picture = await createImageBitmap(source)
  try {
    // Small first: it is fast, and a code that fills the picture is found best so. Then as it is, for one that is a small part of a screen.
    for (const side of [uiLimits.pictureSideMax / 2, uiLimits.pictureSideMax, Math.max(picture.width, picture.height)]) {
      const found = await search(picture, side)
      if (found !== undefined) return found
    }
    return undefined
  } finally {
    picture.close()
  }
}

async function search(picture: ImageBitmap, sideMax: number): Promise<string | undefined> {
  const scale = Math.min(1, sideMax / Math.max(picture.width, picture.height))
  const [width, height] = [Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale))]
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) return undefined
  context.drawImage(picture, 0, 0, width, height)
  // Its function is the default of what it exports as a whole.
  const { default: jsqr } = await import('jsqr')
  const read = jsqr.default(context.getImageData(0, 0, width, height).data, width, height)
  return read === null || read.data === '' ? undefined : read.data
}

/** One picture of a screen that the person chooses. Rejects where they don't, or can't. */
export async function takeScreen(): Promise<ImageBitmap> {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: false })
  try {
    const video = document.createElement('video')
    video.srcObject = stream
    video.muted = true
    await video.play()
    return await createImageBitmap(video)
  } finally {
    for (const track of stream.getTracks()) track.stop()
  }
}
