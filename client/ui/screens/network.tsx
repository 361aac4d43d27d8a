// Network: the relays and their ways, what changed, what is blocked here, and the rehearsal. No address is ever shown.
import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { RelayStatus, WayOfRelay, WaySwitch } from '../../contract/app-status.ts'
import type { DoctorReport } from '../../contract/doctor.ts'
import type { Rehearsal, StepResult } from '../../contract/rehearsal.ts'
import type { Key } from '../../words/en.ts'
import { keyOf, useNow, useUi } from '../context.ts'
import { Icon } from '../icons.tsx'
import { Button, Card, Dialog, Screen } from '../parts.tsx'
import { goTo } from '../place.ts'
import { evidenceText, missingText, outcomeText, stepText, verdictText, wayReportText, wayText, wayTextInRelay } from '../sentences.ts'

export function NetworkScreen(): JSX.Element {
  const { say, status } = useUi()
  return (
    <Screen title={say('networkTitle')}>
      <Card title={say('relays')}>
        {status.relays.length === 0 && <p class="quiet">{say('textNoInvite')}</p>}
        {status.relays.map((relay) => (
          <Relay key={relay.number} relay={relay} />
        ))}
        <Button look="main" onPress={() => goTo('invite')}>
          {say('addInvite')}
        </Button>
      </Card>
      <Doctor />
      <Rehearse />
      <Switches switches={status.switches} />
    </Screen>
  )
}

function Relay({ relay }: { readonly relay: RelayStatus }): JSX.Element {
  const { say, words, ask } = useUi()
  const [isAsked, setAsked] = useState(false)
  const { number, inviteId, ageDays, ways } = relay
  const name = say('relay', { number })
  const age =
    inviteId === undefined ? say('relayFromPolicy') : ageDays === 0 ? say('relayToday') : say('relayAge', { time: words.days(ageDays) })
  return (
    <div class="relay">
      <div class="relay-head">
        <h3>{name}</h3>
        <span class="quiet">{age}</span>
        {inviteId !== undefined && (
          <Button look="link" onPress={() => setAsked(true)} label={`${say('remove')}: ${name}`}>
            {say('remove')}
          </Button>
        )}
      </div>
      <ul class="ways">
        {ways.map((way) => (
          <li key={JSON.stringify(way.way)} class={`way-${way.state}`}>
            <WayLine way={way} />
          </li>
        ))}
      </ul>
      {isAsked && inviteId !== undefined && (
        <Dialog title={say('relayRemove')} onClose={() => setAsked(false)}>
          <p>{say('relayRemoveText')}</p>
          <div class="buttons">
            <Button look="danger" onPress={() => ask('removeInvite', { id: inviteId }).then(() => setAsked(false))}>
              {say('remove')}
            </Button>
            <Button onPress={() => setAsked(false)}>{say('cancel')}</Button>
          </div>
        </Dialog>
      )}
    </div>
  )
}

const WAY_STATES = { idle: 'wayIdle', failed: 'wayFailed', 'in-use': 'wayUsed' } as const satisfies Record<WayOfRelay['state'], Key>

function WayLine({ way }: { readonly way: WayOfRelay }): JSX.Element {
  const { say, words } = useUi()
  const now = useNow(30_000)
  const { state, sinceMs, reason, dialMs } = way
  const parts = [
    say(WAY_STATES[state]),
    ...(sinceMs === undefined ? [] : [say('since', { time: words.age(now - sinceMs) })]),
    ...(state === 'in-use' || dialMs === undefined ? [] : [words.ms(dialMs)]),
  ]
  return (
    <>
      <span class="dot" aria-hidden="true" />
      <span>{wayTextInRelay(words, way.way)}</span>
      <span class="quiet">
        {parts.join(' · ')}
        {reason !== undefined && ` · ${say(keyOf('reason', reason))}`}
      </span>
    </>
  )
}

function Switches({ switches }: { readonly switches: readonly WaySwitch[] }): JSX.Element {
  const { say, words } = useUi()
  return (
    <Card title={say('switches')}>
      {switches.length === 0 && <p class="quiet">{say('switchesNone')}</p>}
      <ol class="switches">
        {switches.slice(0, 12).map(({ atMs, from, to, cause }) => (
          <li key={atMs}>
            <time class="quiet" dateTime={new Date(atMs).toISOString()}>
              {words.time(atMs)}
            </time>
            <span>{say(keyOf('switch', cause), { to: wayText(words, to), from: from === undefined ? '' : wayText(words, from) })}</span>
          </li>
        ))}
      </ol>
    </Card>
  )
}

// What is blocked here

function Doctor(): JSX.Element {
  const { say, status, ask } = useUi()
  const { doctor } = status
  return (
    <Card title={say('doctor')} text={say('doctorText')}>
      {doctor.state === 'running' && (
        <div class="progress">
          <progress max={Math.max(1, doctor.known)} value={doctor.tried} aria-label={say('doctor')} />
          <p role="status">{say('doctorRunning', { tried: doctor.tried, known: doctor.known })}</p>
        </div>
      )}
      {doctor.state === 'done' && <DoctorResult report={doctor.report} />}
      {doctor.state === 'running' ? (
        <Button onPress={() => ask('stopDoctor')}>{say('cancel')}</Button>
      ) : (
        <Button onPress={() => ask('startDoctor')}>{say('doctorStart')}</Button>
      )}
    </Card>
  )
}

function DoctorResult({ report }: { readonly report: DoctorReport }): JSX.Element {
  const { say, words } = useUi()
  const { verdict, evidence, ways } = report
  return (
    <div class="result" role="status">
      <p class={`verdict verdict-${verdict}`}>
        <Icon name={verdict === 'open' ? 'check' : 'warning'} />
        <span>{verdict === 'unclear' ? say('verdict_unclear') : verdictText(words, { verdict, evidence })}</span>
      </p>
      {evidence.length > 0 && (
        <ul class="evidence">
          {evidence.map((one) => (
            <li key={`${one.code} ${one.of}`}>{evidenceText(words, one)}</li>
          ))}
        </ul>
      )}
      {ways.length > 0 && (
        <Facts title={say('doctorWays')} rows={ways.map((way) => [wayText(words, way.name), wayReportText(words, way)])} />
      )}
      <Facts title={say('doctorNetwork')} rows={networkRows(report, say, words)} />
    </div>
  )
}

function networkRows(
  { network }: DoctorReport,
  say: ReturnType<typeof useUi>['say'],
  words: ReturnType<typeof useUi>['words'],
): [string, string][] {
  const { hasInterface, clock, domestic, foreign, udp, portal } = network
  const answers = ({ asked, answered }: typeof domestic): string =>
    asked === 0 ? say('doctorNobody') : say('doctorAnswers', { asked: words.number(asked), answered: words.number(answered) })
  return [
    [say('doctorInterface'), say(hasInterface ? 'yes' : 'no')],
    [say('doctorDomestic'), answers(domestic)],
    [say('doctorForeign'), answers(foreign)],
    [say('doctorUdp'), say(({ passes: 'udpPasses', blocked: 'udpBlocked', unknown: 'unknown' } as const)[udp])],
    [say('doctorPortal'), say(({ shown: 'portalShown', none: 'portalNone', unknown: 'unknown' } as const)[portal])],
    [say('doctorClock'), say(({ right: 'clockRight', wrong: 'clockWrong', unknown: 'unknown' } as const)[clock])],
  ]
}

function Facts({ title, rows }: { readonly title: string; readonly rows: readonly (readonly [string, ComponentChildren])[] }): JSX.Element {
  return (
    <>
      <h3>{title}</h3>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}

// The rehearsal

function Rehearse(): JSX.Element {
  const { say, status, ask, words } = useUi()
  const { rehearsal } = status
  const isRunning = rehearsal.state === 'running'
  return (
    <Card title={say('rehearsal')} text={say('rehearsalText')}>
      {rehearsal.state === 'running' && (
        <div class="progress">
          <progress max={Math.max(1, rehearsal.count)} value={rehearsal.results.length} aria-label={say('rehearsal')} />
          <p role="status">
            {rehearsal.step === undefined
              ? say('rehearsalBegins')
              : say('rehearsalStep', { index: rehearsal.index + 1, count: rehearsal.count, step: stepText(words, rehearsal.step) })}
          </p>
          <Steps steps={rehearsal.results} />
        </div>
      )}
      {rehearsal.state === 'impossible' && <p class="warn">{say('rehearsalImpossible')}</p>}
      {rehearsal.state === 'done' && <RehearsalResult rehearsal={rehearsal.rehearsal} />}
      <Button onPress={() => ask(isRunning ? 'stopRehearsal' : 'startRehearsal')} isDisabled={status.relays.length === 0}>
        {say(isRunning ? 'cancel' : 'rehearsalStart')}
      </Button>
    </Card>
  )
}

function RehearsalResult({ rehearsal }: { readonly rehearsal: Rehearsal }): JSX.Element {
  const { say, words } = useUi()
  const { survived, steps, missing, advice } = rehearsal
  return (
    <div class="result" role="status">
      <p class={`verdict verdict-${survived ? 'open' : 'cutoff'}`}>
        <Icon name={survived ? 'check' : 'warning'} />
        <span>{say(survived ? 'rehearsalGood' : 'rehearsalBad')}</span>
      </p>
      {missing.length + advice.length > 0 && (
        <ul class="evidence">
          {missing.map((one) => (
            <li key={JSON.stringify(one)}>{missingText(words, one)}</li>
          ))}
          {advice.map((one) => (
            <li key={one}>{say(keyOf('advice', one))}</li>
          ))}
        </ul>
      )}
      <Steps steps={steps} />
    </div>
  )
}

function Steps({ steps }: { readonly steps: readonly StepResult[] }): JSX.Element {
  const { words } = useUi()
  return (
    <ol class="steps">
      {steps.map((step, index) => (
        <li key={index} class={`step-${step.outcome}`}>
          <span class="dot" aria-hidden="true" />
          <span>{stepText(words, step)}</span>
          <span class="quiet">{outcomeText(words, step)}</span>
        </li>
      ))}
    </ol>
  )
}
