// The icon in the tray: what the line does, at a glance, and the few things that one does most.
import { join } from 'node:path'
import { Menu, nativeImage, Tray } from 'electron'
import type { AppStatus } from '../contract/app-status.ts'
import { stateWords, type TrayActions, trayItems } from './tray-items.ts'
import type { Words } from './words.ts'

type Look = 'off' | 'busy' | 'on'

export class TrayIcon {
  readonly #tray: Tray
  readonly #icons: string
  readonly #actions: TrayActions
  /** What it shows now: a menu that is built anew closes under the person's mouse. */
  #shown = ''

  /** `icons`: the folder of `tray-*.png`. */
  constructor(icons: string, actions: TrayActions) {
    this.#icons = icons
    this.#actions = actions
    this.#tray = new Tray(this.#image('off'))
    this.#tray.on('click', actions.open)
  }

  show(status: AppStatus, words: Words): void {
    const { link, systemProxy, relays } = status
    const shown = [link.state, systemProxy.state, relays.length > 0, words.open].join()
    if (shown === this.#shown) return
    this.#shown = shown
    this.#tray.setImage(this.#image(lookOf(link.state)))
    this.#tray.setToolTip(`Culvert: ${stateWords(status, words)}`)
    this.#tray.setContextMenu(Menu.buildFromTemplate(trayItems(status, words, this.#actions)))
  }

  close(): void {
    this.#tray.destroy()
  }

  #image(look: Look): Electron.NativeImage {
    const image = nativeImage.createFromPath(join(this.#icons, `tray-${look}.png`))
    // A Mac draws the shape in the colour of its menu bar.
    if (process.platform === 'darwin') image.setTemplateImage(true)
    return image
  }
}

function lookOf(state: AppStatus['link']['state']): Look {
  if (state === 'off') return 'off'
  return state === 'connected' ? 'on' : 'busy'
}
