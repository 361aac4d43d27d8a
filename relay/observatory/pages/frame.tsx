// The frame of every page: head, navigation, what must be said on each, footer.
import type { ComponentChildren, VNode } from 'preact'
import type { Key } from '../words/en.ts'
import { TRAITS } from '../words/languages.ts'
import { LANGUAGE_NAMES, syntheticMark } from '../words/voice.ts'
import { linkTo, type View } from './view.ts'

const NAVIGATION: readonly (readonly [string, Key])[] = [
  ['/', 'navOverview'],
  ['/countries', 'navCountries'],
  ['/shutdowns', 'navShutdowns'],
  ['/ways', 'navWays'],
  ['/preparedness', 'navPreparedness'],
  ['/compare', 'navCompare'],
  ['/costs', 'navCosts'],
  ['/privacy', 'navPrivacy'],
  ['/reports', 'navReports'],
  ['/api', 'navApi'],
]

interface FrameProps {
  readonly view: View
  readonly title: string
  /** It has the strip of a demonstration. */
  readonly hasLive?: boolean
  readonly children: ComponentChildren
}

export function Frame({ view, title, hasLive = false, children }: FrameProps): VNode {
  const { voice } = view
  return (
    <html lang={localeOf(view)} dir={voice.direction}>
      <Head view={view} title={title === voice.say('site') ? title : `${title} · ${voice.say('site')}`} />
      <body>
        <a class="skip" href="#content">
          {voice.say('skip')}
        </a>
        <header class="top">
          <div class="bar">
            <a class="brand" href={linkTo(view, '/')}>
              <svg width="26" height="18" viewBox="0 0 26 18" aria-hidden="true">
                <path class="logo" d="M1 17V13a12 12 0 0 1 24 0v4M6 17v-4a7 7 0 0 1 14 0v4" />
              </svg>
              {voice.say('site')}
            </a>{' '}
            <Languages view={view} />
          </div>
          <nav class="bar" aria-label={voice.say('site')}>
            <ul>
              {NAVIGATION.map(([path, key]) => (
                <li>
                  <a href={linkTo(view, path)} aria-current={isCurrent(view.path, path) ? 'page' : undefined}>
                    {voice.say(key)}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        </header>
        {view.almanac.isSynthetic && <SyntheticNote view={view} hasLive={hasLive} />}
        <main id="content">{children}</main>
        <Footer view={view} />
      </body>
    </html>
  )
}

/** `hasLive`: the page also shows what nobody made up, the reader's own app. */
export function SyntheticNote({ view, hasLive = false }: { view: View; hasLive?: boolean }): VNode {
  return <aside class="synthetic">{view.voice.say(hasLive ? 'syntheticButLive' : 'synthetic')}</aside>
}

export function Head({ view, title }: { view: View; title: string }): VNode {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{markedTitle(view, title)}</title>
      <meta name="description" content={view.voice.say('tagline')} />
      <link rel="stylesheet" href={view.site.styleFile} />
      <link rel="icon" href="/icon.svg" type="image/svg+xml" />
      <link rel="alternate" type="application/atom+xml" href={linkTo(view, '/feed.atom')} title={view.voice.say('apiFeed')} />
      <script src={view.site.scriptFile} defer />
    </head>
  )
}

/** A title goes on as a bookmark, in a search or where a link is shared. */
export function markedTitle({ almanac, voice }: View, title: string): string {
  return almanac.isSynthetic ? `${syntheticMark(voice)} ${title}` : title
}

export function localeOf({ voice }: View): string {
  return TRAITS[voice.language].locale.split('-u-')[0] ?? 'en'
}

function isCurrent(path: string, item: string): boolean {
  return item === '/' ? path === '/' : path === item || path.startsWith(`${item}/`)
}

function Languages({ view }: { view: View }): VNode {
  return (
    <details class="languages">
      <summary>
        <span class="quiet">{view.voice.say('language')}</span> {TRAITS[view.voice.language].name}
      </summary>
      <ul>
        {LANGUAGE_NAMES.map(({ language, name }) => {
          const parameters = new URLSearchParams(view.query)
          parameters.set('lang', language)
          return (
            <li>
              <a href={`${view.path}?${parameters}`} lang={language} hreflang={language} dir={TRAITS[language].direction}>
                {name}
              </a>
            </li>
          )
        })}
      </ul>
    </details>
  )
}

function Footer({ view }: { view: View }): VNode {
  const { voice, almanac } = view
  const time = almanac.asOf === '' ? '–' : voice.day(almanac.asOf.slice(0, 10))
  return (
    <footer>
      <div class="bar">
        <p>
          {voice.say('published', { time })}
          <span class="onward">
            {' · '}
            <a href={linkTo(view, '/reports')}>{voice.say('verifyTitle')}</a> ·{' '}
            <a href={linkTo(view, '/privacy')}>{voice.say('privacyTitle')}</a> · <a href={linkTo(view, '/feed.atom')}>Atom</a>
          </span>
        </p>
        <p class="quiet">{voice.say('footerGeoip')}</p>
        <p class="quiet">{voice.say('footerNames')}</p>
        <p class="quiet">{voice.say('footerLicense')}</p>
      </div>
    </footer>
  )
}
