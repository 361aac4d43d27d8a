// Home: the one button, what it does now, and what this network does.
import type { ComponentChildren, JSX } from 'preact'
import type { AppStatus, Attempt, LinkStatus } from '../../contract/app-status.ts'
import { PROXY_FAULTS } from '../../contract/commands.ts'
import type { Key } from '../../words/en.ts'
import { faultKey, keyOf, useNow, useUi } from '../context.ts'
import { Graph } from '../graph.tsx'
import { Icon } from '../icons.tsx'
import { Button, Card, CopyField, Toggle } from '../parts.tsx'
import { goTo } from '../place.ts'
import { evidenceText, verdictText, wayText } from '../sentences.ts'

const TITLES: Readonly<Record<LinkStatus['state'], Key>> = {
  off: 'stateOff',
  connecting: 'stateConnecting',
  connected: 'stateConnected',
  recovering: 'stateRecovering',
  waiting: 'stateWaiting',
}

export function Home(): JSX.Element {
  const { status } = useUi()
  const { link, relays } = status
  const hasInvite = relays.length > 0
  return (
    <div class={`screen home state-${link.state}`}>
      <BigButton link={link} hasInvite={hasInvite} />
      <TooOld status={status} />
      {'attempts' in link && link.attempts.length > 0 && <Tries attempts={link.attempts} />}
      <WholeComputer status={status} />
      {link.state === 'connected' && <InUse link={link} />}
      {link.state !== 'off' && link.state !== 'connecting' && <Ports status={status} />}
      {status.finding !== undefined && <NetworkCard finding={status.finding} />}
    </div>
  )
}

function BigButton({ link, hasInvite }: { readonly link: LinkStatus; readonly hasInvite: boolean }): JSX.Element {
  const { say, ask } = useUi()
  const { state } = link
  const press = (): unknown => {
    if (!hasInvite) return goTo('invite')
    return state === 'off' ? ask('connect') : ask('disconnect')
  }
  const isSeeking = state !== 'off' && state !== 'connected'
  const action = !hasInvite ? say('addInvite') : state === 'off' ? say('connect') : say(isSeeking ? 'cancel' : 'disconnect')
  return (
    <div class="stage">
      <button type="button" class="big" onClick={() => void press()}>
        <span class="ring" aria-hidden="true" />
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
          {isSeeking ? (
            <path d="m7 7 10 10M17 7 7 17" />
          ) : hasInvite ? (
            <path d="M12 3.500v8M7 6.500a8 8 0 1 0 10 0" />
          ) : (
            <path d="M12 5v14M5 12h14" />
          )}
        </svg>
        <span class="big-action">{action}</span>
      </button>
      <div class="said" role="status">
        <h1 tabIndex={-1}>{say(TITLES[state])}</h1>
        <p>
          <Sentence link={link} hasInvite={hasInvite} />
        </p>
      </div>
    </div>
  )
}

function Sentence({ link, hasInvite }: { readonly link: LinkStatus; readonly hasInvite: boolean }): ComponentChildren {
  const { say, words, status } = useUi()
  const isPortal = status.finding?.evidence.some(({ code }) => code === 'portal') === true
  switch (link.state) {
    case 'off':
      if (link.fault !== undefined) return say(OFF_FAULTS[link.fault])
      if (status.systemProxy.state === 'refusing') return say('textOffShut')
      return say(hasInvite ? 'textOff' : 'textNoInvite')
    case 'connecting':
      return say('textConnecting')
    case 'connected':
      return say('textConnected')
    case 'recovering':
      return `${say('textRecovering')}${words.gap}${say(keyOf('reason', link.reason))}`
    case 'waiting':
      // Whatever answers there instead of the relay is nobody who listens in.
      if (isPortal) return say('evidence_portal')
      return (
        <>
          {say(keyOf('reason', link.reason))}
          {words.gap}
          <Retry words={words} atMs={link.retryAtMs} />
        </>
      )
  }
}

const OFF_FAULTS = {
  'engine-ended': 'faultEngineEnded',
  'port-taken': 'faultPortTaken',
  'engine-failed': 'faultEngineFailed',
} as const satisfies Record<NonNullable<Extract<LinkStatus, { state: 'off' }>['fault']>, Key>

/** Counts down for the eye only: a screen reader would have to say each second. */
function Retry({ words, atMs }: { readonly words: ReturnType<typeof useUi>['words']; readonly atMs: number }): JSX.Element {
  const now = useNow(1_000)
  return <span aria-live="off">{words.say('textWaiting', { when: words.inTime(atMs - now) })}</span>
}

const STAGES: Readonly<Record<Attempt['stage'], Key>> = {
  dialling: 'stageDialling',
  answered: 'stageAnswered',
  joined: 'stageJoined',
  failed: 'stageFailed',
  'given-up': 'stageGivenUp',
}

function Tries({ attempts }: { readonly attempts: readonly Attempt[] }): JSX.Element {
  const { say, words } = useUi()
  const now = useNow(1_000)
  return (
    <Card title={say('tries')}>
      <ul class="tries">
        {attempts.slice(-5).map((attempt) => (
          <li key={`${attempt.startedMs} ${JSON.stringify(attempt.way)}`} class={`try-${attempt.stage}`}>
            <span class="dot" aria-hidden="true" />
            <span class="try-way">{wayText(words, attempt.way)}</span>
            <span class="quiet">{attempt.reason === undefined ? say(STAGES[attempt.stage]) : say(keyOf('reason', attempt.reason))}</span>
            <span class="try-time">{words.ms(Math.max(0, (attempt.endedMs ?? now) - attempt.startedMs))}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function InUse({ link }: { readonly link: Extract<LinkStatus, { state: 'connected' }> }): JSX.Element {
  const { say, words, status } = useUi()
  const now = useNow(10_000)
  return (
    <Card title={say(link.ways.length > 1 ? 'waysInUse' : 'wayInUse')}>
      <ul class="ways-in-use">
        {link.ways.map(({ way, sinceMs }) => (
          <li key={JSON.stringify(way)}>
            <span class="dot" aria-hidden="true" />
            <span>
              {wayText(words, way)} <span class="quiet">{say('since', { time: words.age(now - sinceMs) })}</span>
            </span>
          </li>
        ))}
      </ul>
      <Graph traffic={status.traffic} />
    </Card>
  )
}

/** What is too old may give its user away, or be answered no more. */
function TooOld({ status: { leastVersion, version, capabilities } }: { readonly status: AppStatus }): JSX.Element | false {
  const { say } = useUi()
  if (leastVersion === undefined) return false
  return (
    <div class="card" role="status">
      <p class="warn">
        <Icon name="warning" />
        <span>
          {say('tooOld', { version, least: leastVersion })} {!capabilities.update && say('tooOldAsk')}
        </span>
        {capabilities.update && (
          <Button look="main" onPress={() => goTo('settings')}>
            {say('updates')}
          </Button>
        )}
      </p>
    </div>
  )
}

/** Where the system's proxy can't be set, people do it by hand. */
function Ports({ status: { ports, capabilities } }: { readonly status: AppStatus }): JSX.Element | false {
  const { say } = useUi()
  if (ports === undefined || capabilities.systemProxy) return false
  return (
    <Card title={say('portsTitle')} text={say('portsText')}>
      <CopyField name={say('portHttp')} value={ports.http} />
      <CopyField name={say('portSocks')} value={ports.socks} />
      {ports.password !== undefined && <CopyField name={say('portPassword')} value={ports.password} />}
    </Card>
  )
}

function WholeComputer({
  status: { capabilities, settings, systemProxy, relays, link },
}: {
  readonly status: AppStatus
}): JSX.Element | false {
  const { say, ask } = useUi()
  if (!capabilities.systemProxy || relays.length === 0) return false
  // Who reads “Connected” takes that for safe.
  const isUnused = link.state === 'connected' && !settings.systemProxy
  const { fault } = systemProxy
  return (
    <div class="card">
      <Toggle
        title={say('wholeComputer')}
        text={say('wholeComputerText')}
        isOn={settings.systemProxy}
        onChange={(isOn) => ask('useSystemProxy', { isOn })}
      />
      <div class="warnings" role="status">
        {isUnused && (
          <p class="warn">
            <Icon name="warning" />
            <span>{say('notUsed')}</span>
            <Button look="main" onPress={() => ask('useSystemProxy', { isOn: true })}>
              {say('wholeComputer')}
            </Button>
          </p>
        )}
        {settings.systemProxy && systemProxy.state === 'off' && fault !== undefined && (
          <p class="warn">
            <Icon name="warning" />
            <span>{say(faultKey(PROXY_FAULTS[fault]))}</span>
            {fault === 'changed-by-others' && link.state === 'connected' && (
              <Button look="main" onPress={() => ask('useSystemProxy', { isOn: true })}>
                {say('wholeComputer')}
              </Button>
            )}
          </p>
        )}
        {systemProxy.state === 'refusing' && (
          <p class="warn">
            <Icon name="shield" />
            <span>{say('shutOn')}</span>
            <Button onPress={() => ask('useKillSwitch', { isOn: false })}>{say('shutRelease')}</Button>
          </p>
        )}
        {systemProxy.state === 'left-over' && (
          <p class="warn">
            <Icon name="warning" />
            <span>{say('fault_proxy_failed')}</span>
            <Button onPress={() => ask('repairInternet')}>{say('repair')}</Button>
          </p>
        )}
      </div>
    </div>
  )
}

function NetworkCard({ finding }: { readonly finding: NonNullable<AppStatus['finding']> }): JSX.Element {
  const { say, words } = useUi()
  return (
    <Card title={say('network')}>
      <p class={`verdict verdict-${finding.verdict}`}>
        <Icon name={finding.verdict === 'open' ? 'check' : 'warning'} />
        <span>{verdictText(words, finding)}</span>
      </p>
      {finding.evidence.length > 0 && (
        <ul class="evidence">
          {finding.evidence.map((evidence) => (
            <li key={`${evidence.code} ${evidence.of}`}>{evidenceText(words, evidence)}</li>
          ))}
        </ul>
      )}
    </Card>
  )
}
