// What no page and no session of this app may do: go anywhere, open anything, ask for anything, look words up. Whatever is made later is held to it, too.
import { app, desktopCapturer, type Session, type Streams, session, type WebContents } from 'electron'
import { isAppUrl } from './app-scheme.ts'

const LOUD_FEATURES = ['NetworkTimeServiceQuerying', 'OptimizationHints', 'MediaRouter', 'SpareRendererForSitePerProcess']
/** A page's requests would be made by a thread of their own, and what was asked first might come second (chromium-dialer/page/cookie-turn.ts). */
const DISORDER = 'BackgroundResourceFetch'

/** Chromium's own errands: each would be a packet to somebody who is not in the invite. */
const QUIET_SWITCHES: readonly (readonly [string, string?])[] = [
  ['disable-background-networking'],
  ['disable-component-update'],
  ['disable-domain-reliability'],
  ['disable-breakpad'],
  ['no-pings'],
  // Nothing but what ends it: a desktop keeps what a program says, and Chromium would say whose certificate it doubts.
  ['log-level', '3'],
  ['disable-features', [...LOUD_FEATURES, DISORDER].join()],
]

/** Must run before Electron is ready. */
export function hardenApp(): void {
  for (const [name, value] of QUIET_SWITCHES) app.commandLine.appendSwitch(name, value ?? '')
  // As root with --no-sandbox, which only tests and containers do, the network service would crash for ever.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
  app.on('session-created', hardenSession)
  app.on('web-contents-created', (_event, contents) => hardenContents(contents))
  // Nobody gets through with a certificate that Chromium doubts, but by a pin (the dialer's sessions have a check of their own).
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, answer) => {
    event.preventDefault()
    answer(false)
  })
  // The first certificate of the person's own would be shown, and their name with it.
  app.on('select-client-certificate', (event, _contents, _url, _list, answer) => {
    event.preventDefault()
    answer()
  })
}

/** A session in memory, for the screens: of all the world it has the app's own files. `mayCapture`: for the camera, and a picture of the screen. */
export function createScreensSession(): Session {
  const screens = session.fromPartition('screens')
  screens.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !/^(?:culvert-app|blob|data|devtools):/.test(details.url) }))
  screens.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(mayUse(permission, details.requestingUrl, details)),
  )
  screens.setPermissionCheckHandler((_contents, permission, origin, details) => mayUse(permission, `${origin}/`, details))
  // A picture of the screen, for an invite's code in another window: taken when the person presses the button for it, by the page's own rules.
  screens.setDisplayMediaRequestHandler((request, answer) => {
    if (!isAppUrl(`${request.securityOrigin.replace(/\/$/, '')}/`) || !request.userGesture) return refuse(answer)
    desktopCapturer.getSources({ types: ['screen'], thumbnailSize: { width: 0, height: 0 } }).then(
      ([video]) => (video === undefined ? refuse(answer) : answer({ video })),
      () => refuse(answer),
    )
  })
  return screens
}

/** Electron takes an answer without a video for a fault of ours, and throws, when it has told the page no. */
function refuse(answer: (streams: Streams) => void): void {
  try {
    answer({})
  } catch {
    // The page has its answer.
  }
}

/** A video without sound, for the code of an invite; and the clipboard, written to by a press of a button. */
function mayUse(permission: string, url: string, details: object): boolean {
  if (!isAppUrl(url)) return false
  if (permission === 'clipboard-sanitized-write' || permission === 'display-capture') return true
  const { mediaTypes, mediaType } = details as { readonly mediaTypes?: readonly string[]; readonly mediaType?: string }
  const kinds = mediaTypes ?? [mediaType]
  return permission === 'media' && kinds.length > 0 && kinds.every((kind) => kind === 'video')
}

function hardenSession(created: Session): void {
  created.setSpellCheckerEnabled(false)
  created.setSpellCheckerLanguages([])
  created.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  created.setPermissionCheckHandler(() => false)
  created.setDevicePermissionHandler(() => false)
  created.on('will-download', (event) => event.preventDefault())
}

function hardenContents(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault())
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}
