// Settings: each says what it does before one turns it on.
import type { JSX } from 'preact'
import { useEffect, useId, useState } from 'preact/hooks'
import type { SharedPreview } from '../../contract/commands.ts'
import { COUNTRIES } from '../../contract/countries.ts'
import { readNumber } from '../../contract/digits.ts'
import { LANGUAGES, type Language } from '../../contract/settings.ts'
import { LANGUAGE_NAMES } from '../../words/words.ts'
import { keyOf, useUi } from '../context.ts'
import { Button, Card, Dialog, Screen, Segments, Select, TextPreview, Toggle } from '../parts.tsx'
import { Updates } from './updates.tsx'

export function SettingsScreen(): JSX.Element {
  const { say, status, ask } = useUi()
  const { settings, capabilities } = status
  return (
    <Screen title={say('settingsTitle')}>
      <Look />
      {capabilities.systemProxy && <Protection />}
      {capabilities.storage !== 'none' && (
        <Card title={say('start')}>
          {capabilities.startAtLogin && (
            <Toggle
              title={say('startAtLogin')}
              isOn={settings.startAtLogin}
              onChange={(startAtLogin) => ask('changeSettings', { startAtLogin })}
            />
          )}
          <Toggle
            title={say('connectAtStart')}
            isOn={settings.connectAtStart}
            onChange={(connectAtStart) => ask('changeSettings', { connectAtStart })}
          />
          {capabilities.notifications && (
            <Segments
              title={say('notifications')}
              value={settings.notifications}
              options={[
                ['all', say('notifyAll')],
                ['discreet', say('notifyDiscreet')],
                ['none', say('notifyNone')],
              ]}
              onChange={(notifications) => ask('changeSettings', { notifications })}
            />
          )}
        </Card>
      )}
      <Privacy />
      {capabilities.update && <Updates />}
      <Expert />
      <p class="foot quiet">
        {say('version', { version: status.version })}
        <Button look="link" onPress={() => ask('quit')}>
          {say('quit')}
        </Button>
      </p>
    </Screen>
  )
}

function Look(): JSX.Element {
  const { say, status, ask } = useUi()
  const { language, theme } = status.settings
  return (
    <Card title={say('display')}>
      <Select<Language | 'system'>
        title={say('language')}
        value={language}
        options={[['system', say('languageSystem')], ...LANGUAGES.map((one) => [one, LANGUAGE_NAMES[one]] as const)]}
        onChange={(chosen) => ask('changeSettings', { language: chosen })}
      />
      <Segments
        title={say('theme')}
        value={theme}
        options={[
          ['system', say('themeSystem')],
          ['light', say('themeLight')],
          ['dark', say('themeDark')],
        ]}
        onChange={(chosen) => ask('changeSettings', { theme: chosen })}
      />
    </Card>
  )
}

function Protection(): JSX.Element {
  const { say, status, ask } = useUi()
  const { settings, capabilities } = status
  return (
    <Card title={say('protection')}>
      <Toggle
        title={say('wholeComputer')}
        text={say('wholeComputerText')}
        isOn={settings.systemProxy}
        onChange={(isOn) => ask('useSystemProxy', { isOn })}
      />
      {capabilities.killSwitch && (
        <Toggle
          title={say('killSwitch')}
          text={say('killSwitchText')}
          isOn={settings.killSwitch}
          onChange={(isOn) => ask('useKillSwitch', { isOn })}
        />
      )}
      <Domestic />
      <div class="field">
        <Button onPress={() => ask('repairInternet')}>{say('repair')}</Button>
        <p class="quiet">{say('repairText')}</p>
      </div>
    </Card>
  )
}

function Domestic(): JSX.Element {
  const { say, status, ask, tell } = useUi()
  const { domestic } = status.settings
  const [hosts, setHosts] = useState(domestic.hosts.join('\n'))
  const id = useId()
  const kept = domestic.hosts.join('\n')
  useEffect(() => setHosts(kept), [kept])
  const save = (): Promise<boolean> | undefined => {
    const list = hosts.split(/\s+/).filter((host) => host !== '')
    const bad = list.find((host) => !/^(?:\*\.)?[\p{L}\p{N}](?:[\p{L}\p{N}.:-]*[\p{L}\p{N}])?$/u.test(host))
    if (bad === undefined) return ask('changeSettings', { domestic: { ...domestic, hosts: list } })
    tell(say('domesticBad', { host: bad }))
    return undefined
  }
  return (
    <>
      <Toggle
        title={say('domestic')}
        text={say('domesticText')}
        isOn={domestic.isDirect}
        onChange={(isDirect) => ask('changeSettings', { domestic: { ...domestic, isDirect } })}
      />
      {domestic.isDirect && (
        <div class="nested">
          <Country />
          <label for={id}>{say('domesticHosts')}</label>
          <textarea id={id} rows={4} dir="ltr" spellcheck={false} value={hosts} onInput={(event) => setHosts(event.currentTarget.value)} />
          <Button onPress={save} isDisabled={hosts === kept}>
            {say('save')}
          </Button>
        </div>
      )}
    </>
  )
}

/** Never guessed: an app that is found must not say more than its person did. */
function Country(): JSX.Element {
  const { say, words, status, ask } = useUi()
  const { domestic } = status.settings
  const countries = COUNTRIES.map((code) => [code, words.country(code)] as const).sort(([, a], [, b]) => a.localeCompare(b, words.tag))
  return (
    <div class="field">
      <Select
        title={say('country')}
        value={domestic.country}
        options={[['', say('countryNone')], ...countries]}
        onChange={(country) => ask('changeSettings', { domestic: { ...domestic, country } })}
      />
      <p class="quiet">{say('countryText')}</p>
    </div>
  )
}

function Privacy(): JSX.Element {
  const { say, status, ask, send, tell } = useUi()
  const { settings, storage, capabilities } = status
  const [shared, setShared] = useState<SharedPreview | undefined>(undefined)
  const [isForgetting, setForgetting] = useState(false)
  const preview = async (): Promise<void> => {
    const outcome = await send('previewShared')
    if (outcome.ok) setShared(outcome.value)
  }
  // An empty screen alone does not say that nothing is left.
  const forget = async (): Promise<void> => {
    const isDone = await ask('forgetEverything')
    setForgetting(false)
    if (isDone) tell(say('forgotten'))
  }
  return (
    <Card title={say('privacy')}>
      {/* It stands beside what goes direct, where that is asked. */}
      {!(capabilities.systemProxy && settings.domestic.isDirect) && <Country />}
      <Toggle
        title={say('reports')}
        text={say('reportsText')}
        isOn={settings.reports}
        onChange={(reports) => ask('changeSettings', { reports })}
      />
      <Button look="link" onPress={preview}>
        {say('reportsPreview')}
      </Button>
      {(storage.manner === 'ask' || storage.manner === 'plain') && (
        <Toggle
          title={say('storePlainly')}
          text={say('storePlainlyText')}
          isOn={storage.manner === 'plain'}
          onChange={(isOn) => ask('storePlainly', { isOn })}
        />
      )}
      {storage.manner === 'memory-only' && <p class="quiet">{say('memoryOnly')}</p>}
      <div class="field">
        <Button look="danger" onPress={() => setForgetting(true)}>
          {say('forget')}
        </Button>
        <p class="quiet">{say('forgetText')}</p>
      </div>
      {shared !== undefined && <Shared preview={shared} onClose={() => setShared(undefined)} />}
      {isForgetting && (
        <Dialog title={say('forgetSure')} onClose={() => setForgetting(false)}>
          <p>{say('forgetText')}</p>
          <div class="buttons">
            <Button look="danger" onPress={forget}>
              {say('forget')}
            </Button>
            <Button onPress={() => setForgetting(false)}>{say('cancel')}</Button>
          </div>
        </Dialog>
      )}
    </Card>
  )
}

/** The exact text, and whether it leaves. While the network is cut off it does so at the person's word alone. */
function Shared({ preview, onClose }: { readonly preview: SharedPreview; readonly onClose: () => void }): JSX.Element {
  const { say, status, ask } = useUi()
  const isCut = status.finding?.verdict === 'cutoff' && status.link.state === 'connected'
  return (
    <Dialog title={say('reportsPreview')} onClose={onClose}>
      <p>{say(keyOf('shared', preview.sends))}</p>
      <TextPreview text={preview.text} label={say('reportsPreview')} />
      {isCut && preview.sends === 'today' && (
        <>
          <p>{say('sharedCut')}</p>
          <Button onPress={() => ask('sendShared').then(onClose)}>{say('sharedSend')}</Button>
        </>
      )}
    </Dialog>
  )
}

function Expert(): JSX.Element {
  const { say, status, ask, tell } = useUi()
  const { ports } = status.settings
  const [socks, setSocks] = useState(String(ports.socks))
  const [http, setHttp] = useState(String(ports.http))
  const id = useId()
  const [socksPort, httpPort] = [readPort(socks), readPort(http)]
  const save = (): Promise<boolean> | undefined => {
    if (socksPort !== undefined && httpPort !== undefined)
      return ask('changeSettings', { ports: { ...ports, socks: socksPort, http: httpPort } })
    tell(say('portBad'))
    return undefined
  }
  return (
    <details class="card">
      <summary>
        <h2>{say('expert')}</h2>
      </summary>
      <div class="experts">
        <h3>{say('ports')}</h3>
        <p class="quiet">{say('portsHelp')}</p>
        <div class="field row">
          <label for={`${id}-socks`}>{say('portSocks')}</label>
          <input
            id={`${id}-socks`}
            class="port"
            inputMode="numeric"
            dir="ltr"
            value={socks}
            onInput={(event) => setSocks(event.currentTarget.value)}
          />
        </div>
        <div class="field row">
          <label for={`${id}-http`}>{say('portHttp')}</label>
          <input
            id={`${id}-http`}
            class="port"
            inputMode="numeric"
            dir="ltr"
            value={http}
            onInput={(event) => setHttp(event.currentTarget.value)}
          />
        </div>
        <Button onPress={save} isDisabled={socksPort === ports.socks && httpPort === ports.http}>
          {say('portsSave')}
        </Button>
        <Toggle
          title={say('portsPassword')}
          isOn={ports.hasPassword}
          onChange={(hasPassword) => ask('changeSettings', { ports: { ...ports, hasPassword } })}
        />
        <Upstream />
      </div>
    </details>
  )
}

function Upstream(): JSX.Element {
  const { say, status, ask } = useUi()
  const kept = status.settings.upstream
  const [upstream, setUpstream] = useState(kept)
  const id = useId()
  useEffect(() => setUpstream(kept), [kept])
  const wanted = upstream.trim()
  return (
    <>
      <h3>
        <label for={id}>{say('upstream')}</label>
      </h3>
      <p class="quiet">{say('upstreamText', { examples: 'http://192.0.2.1:8080, socks5://127.0.0.1:1080' })}</p>
      <input
        id={id}
        class="address"
        dir="ltr"
        spellcheck={false}
        autocomplete="off"
        value={upstream}
        onInput={(event) => setUpstream(event.currentTarget.value)}
      />
      <Button onPress={() => ask('changeSettings', { upstream: wanted })} isDisabled={wanted === kept}>
        {say('save')}
      </Button>
    </>
  )
}

function readPort(text: string): number | undefined {
  const port = readNumber(text, 5)
  return port !== undefined && port <= 65_535 ? port : undefined
}
