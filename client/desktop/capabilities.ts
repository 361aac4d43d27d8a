// What this app can do on this computer: the screens leave out the rest.
import { app } from 'electron'
import type { Capabilities } from '../contract/app-status.ts'

export interface Found {
  readonly systemProxy: boolean
  readonly storage: Capabilities['storage']
  readonly update: boolean
  readonly share: boolean
}

export function describeCapabilities({ systemProxy, storage, update, share }: Found): Capabilities {
  return {
    shell: 'desktop',
    dialer: 'chromium',
    systemLanguage: app.getPreferredSystemLanguages().find((tag) => /^[a-z]{2}(?:-|$)/.test(tag)) ?? app.getLocale(),
    systemProxy,
    killSwitch: systemProxy,
    startAtLogin: true,
    notifications: true,
    tray: true,
    storage,
    saveFile: true,
    screenImage: true,
    camera: true,
    share,
    update,
    // What a setting of one user's desktop reaches, and what it does not, is the same on all systems; Windows has one setting for all programs that ask.
    proxyGaps: ['own-settings', 'udp', 'webrtc', 'other-users', ...(process.platform === 'win32' ? [] : (['terminal'] as const))],
  }
}
