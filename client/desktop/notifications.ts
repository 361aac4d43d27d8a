// What the system shows of the app's news, as much or as little of it as the person wants seen on the screen.
import { Notification as SystemNotification } from 'electron'
import type { Settings } from '../contract/settings.ts'
import type { Notification } from '../contract/shell.ts'
import type { Words } from './words.ts'

/** A discreet one names neither the app nor what it is for. A click calls `onClick`. */
export function notify({ code }: Notification, manner: Settings['notifications'], words: Words, onClick: () => void): void {
  if (manner === 'none' || !SystemNotification.isSupported()) return
  const text = manner === 'discreet' ? { title: words.discreet, body: '' } : { title: 'Culvert', body: words[code] }
  const shown = new SystemNotification({ ...text, silent: true })
  shown.on('click', onClick)
  shown.show()
}
