// The whole of the screens: a view of the core's status. It holds nothing itself but what is being typed and which screen is shown.
//
// 1. the bridge gives a status, and each one after it       App
// 2. its language is loaded, its look put on the page        useWords, useLook
// 3. the screen that the address names is shown              Frame
import type { FunctionComponent, JSX } from 'preact'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import type { AppStatus } from '../contract/app-status.ts'
import type { Bridge } from '../contract/bridge.ts'
import type { SendCommand } from '../contract/commands.ts'
import type { Key } from '../words/en.ts'
import { chooseLanguage, loadWords, type Words } from '../words/words.ts'
import { faultKey, keyOf, type Ui, UiContext, useUi } from './context.ts'
import { Icon, Mark } from './icons.tsx'
import { Button, Dialog, Toast } from './parts.tsx'
import { type Place, usePlace } from './place.ts'
import { HelpScreen } from './screens/help.tsx'
import { Home } from './screens/home.tsx'
import { InviteScreen } from './screens/invite.tsx'
import { NetworkScreen } from './screens/network.tsx'
import { SettingsScreen } from './screens/settings.tsx'
import { ShareScreen } from './screens/share.tsx'
import { whileSeen } from './while-seen.ts'

export interface AppProps {
  /** Made once; told whether the core is out of reach, where the bridge can know. */
  readonly openBridge: (onLost: (isLost: boolean) => void) => Bridge
}

export function App({ openBridge }: AppProps): JSX.Element | false {
  const [status, setStatus] = useState<AppStatus | undefined>(undefined)
  const [isLost, setLost] = useState(false)
  const bridge = useMemo(() => openBridge(setLost), [])
  useEffect(() => {
    const { take, stop } = whileSeen<AppStatus>(setStatus)
    bridge.watch(take)
    return stop
  }, [bridge])
  const words = useWords(status)
  useLook(status, words)
  if (words === undefined) return false
  if (status === undefined) return isLost && <Lost words={words} />
  return <Frame status={status} words={words} send={sendBy(bridge)} isLost={isLost} />
}

/** Nobody has answered yet, so the language is the browser's. */
function Lost({ words }: { readonly words: Words }): JSX.Element {
  return (
    <main class="lost">
      <Mark />
      <h1>Culvert</h1>
      <p role="alert">{words.say('unreachable')}</p>
    </main>
  )
}

function sendBy(bridge: Bridge): SendCommand {
  return ((name: Parameters<SendCommand>[0], payload?: unknown) => bridge.send(name, payload)) as SendCommand
}

function useWords(status: AppStatus | undefined): Words | undefined {
  const [words, setWords] = useState<Words | undefined>(undefined)
  const language = chooseLanguage(status?.settings.language ?? 'system', status?.capabilities.systemLanguage || navigator.language)
  useEffect(() => {
    let isWanted = true
    void loadWords(language).then((loaded) => isWanted && setWords(loaded))
    return () => {
      isWanted = false
    }
  }, [language])
  return words
}

function useLook(status: AppStatus | undefined, words: Words | undefined): void {
  const theme = status?.settings.theme ?? 'system'
  useEffect(() => {
    const { documentElement } = document
    if (words !== undefined) {
      documentElement.lang = words.tag
      documentElement.dir = words.direction
    }
    if (theme === 'system') delete documentElement.dataset['theme']
    else documentElement.dataset['theme'] = theme
  }, [theme, words])
}

const MENU = [
  ['home', 'navHome'],
  ['network', 'navNetwork'],
  ['share', 'navShare'],
  ['settings', 'navSettings'],
  ['help', 'navHelp'],
] as const satisfies readonly (readonly [Place, Key])[]

const SCREENS: Readonly<Record<Place, FunctionComponent>> = {
  home: Home,
  invite: InviteScreen,
  network: NetworkScreen,
  share: ShareScreen,
  settings: SettingsScreen,
  help: HelpScreen,
}

interface FrameProps {
  readonly status: AppStatus
  readonly words: Words
  readonly send: SendCommand
  readonly isLost: boolean
}

function Frame({ status, words, send, isLost }: FrameProps): JSX.Element {
  const place = usePlace()
  const [toast, setToast] = useState('')
  const ask = useCallback(
    async (...command: Parameters<SendCommand>) => {
      const outcome = await send(...command)
      if (!outcome.ok) setToast(words.say(faultKey(outcome.fault)))
      return outcome.ok
    },
    [send, words],
  )
  const ui: Ui = { status, words, say: (key, params) => words.say(key, params), send, ask: ask as Ui['ask'], tell: setToast }
  const Shown = SCREENS[place]
  return (
    <UiContext.Provider value={ui}>
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('h1')?.focus()}>
        {words.say('skip')}
      </button>
      <Menu place={place} />
      <main>
        {isLost && (
          <p class="notice bad" role="alert">
            <Icon name="warning" />
            <span>{words.say('unreachable')}</span>
          </p>
        )}
        <Notices />
        <Shown key={place} />
      </main>
      {status.offer !== undefined && <OfferDialog offer={status.offer} />}
      <div class="toasts" role="status">
        {toast !== '' && <Toast text={toast} onOver={() => setToast('')} />}
      </div>
    </UiContext.Provider>
  )
}

function Menu({ place }: { readonly place: Place }): JSX.Element {
  const { say } = useUi()
  return (
    <nav class="menu" aria-label={say('menu')}>
      <div class="brand">
        <Mark />
        <span>Culvert</span>
      </div>
      <ul>
        {MENU.map(([to, key]) => (
          <li key={to}>
            <a href={`#${to}`} aria-current={place === to || (to === 'network' && place === 'invite') ? 'page' : undefined}>
              <Icon name={to} />
              <span>{say(key)}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function Notices(): JSX.Element {
  const { say, status, ask } = useUi()
  return (
    <div class="notices" role="status">
      {status.notices.map(({ id, code }) => (
        <p class="notice" key={id}>
          <Icon name="info" />
          <span id={`notice-${id}`}>{say(keyOf('notice', code))}</span>
          <button
            type="button"
            class="button round"
            aria-label={say('close')}
            aria-describedby={`notice-${id}`}
            onClick={() => void ask('dismissNotice', { id })}
          >
            <Icon name="close" />
          </button>
        </p>
      ))}
    </div>
  )
}

/** An invite that was opened from outside: the person decides, and a page that opened it can't. */
function OfferDialog({ offer }: { readonly offer: NonNullable<AppStatus['offer']> }): JSX.Element {
  const { say, ask } = useUi()
  const answer = (isWanted: boolean): Promise<boolean> => ask('answerOffer', { isWanted })
  return (
    <Dialog title={say('offerTitle')} onClose={() => void answer(false)}>
      <p>{say(offer.kind === 'invite' ? 'offerText' : faultKey(offer.fault))}</p>
      <div class="buttons">
        {offer.kind === 'invite' && (
          <Button look="main" onPress={() => answer(true)}>
            {say('offerTake')}
          </Button>
        )}
        <Button onPress={() => answer(false)}>{say(offer.kind === 'invite' ? 'offerLeave' : 'close')}</Button>
      </div>
    </Dialog>
  )
}
