// What the system shows of the app's news, as much or as little of it as the person wants seen on the screen.
import { Notification as SystemNotification } from 'electron'
import type { Settings } from '../contract/settings.ts'
import type { Notification } from '../contract/shell.ts'
import { noticeWords, type Words } from './words.ts'

/** A click calls `onClick`. */
export function notify({ code }: Notification, manner: Settings['notifications'], words: Words, onClick: () => void): void {
  const text = noticeWords(code, manner, words)
  if (text === undefined || !SystemNotification.isSupported()) return
  const shown = new SystemNotification({ ...text, silent: true })
  shown.on('click', onClick)
  shown.show()
}
