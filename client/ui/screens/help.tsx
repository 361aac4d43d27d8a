// Help: what Culvert does and can't do, in plain words; the local ports; a report for whoever helps.
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Preview } from '../../contract/commands.ts'
import type { Key } from '../../words/en.ts'
import { faultKey, keyOf, useUi } from '../context.ts'
import { Icon } from '../icons.tsx'
import { Button, Card, CopyField, Dialog, Screen, TextPreview } from '../parts.tsx'

const DOES: readonly Key[] = ['helpDoes1', 'helpDoes2', 'helpDoes3']
const DOES_NOT: readonly Key[] = ['helpNot1', 'helpNot2', 'helpNot3', 'helpNot4', 'helpNot5']

export function HelpScreen(): JSX.Element {
  const { say, status } = useUi()
  const { capabilities, ports } = status
  const limits = capabilities.dialer === 'node' ? [...DOES_NOT, 'helpNot6' as const] : DOES_NOT
  return (
    <Screen title={say('helpTitle')}>
      <Card title={say('helpDoes')}>
        <ul class="points does">
          {DOES.map((key) => (
            <li key={key}>
              <Icon name="check" />
              <span>{say(key)}</span>
            </li>
          ))}
        </ul>
      </Card>
      <Card title={say('helpNot')}>
        <ul class="points">
          {limits.map((key) => (
            <li key={key}>
              <Icon name="warning" />
              <span>{say(key)}</span>
            </li>
          ))}
        </ul>
      </Card>
      {capabilities.proxyGaps.length > 0 && (
        <Card title={say('helpGaps')}>
          <ul class="points">
            {capabilities.proxyGaps.map((gap) => (
              <li key={gap}>
                <Icon name="info" />
                <span>{say(keyOf('gap', gap))}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Card title={say('helpPorts')} text={say('helpPortsText')}>
        {ports !== undefined && (
          <>
            <CopyField name={say('portHttp')} value={ports.http} />
            <CopyField name={say('portSocks')} value={ports.socks} />
            {ports.password !== undefined && <CopyField name={say('portPassword')} value={ports.password} />}
          </>
        )}
      </Card>
      <Report />
    </Screen>
  )
}

function Report(): JSX.Element {
  const { say, send, tell } = useUi()
  const [preview, setPreview] = useState<Preview | undefined>(undefined)
  const show = async (): Promise<void> => {
    const outcome = await send('previewReport')
    if (outcome.ok) setPreview(outcome.value)
    else tell(say(faultKey(outcome.fault)))
  }
  const save = async (id: string): Promise<void> => {
    const outcome = await send('saveReport', { id })
    if (!outcome.ok) return tell(say(faultKey(outcome.fault)))
    if (outcome.value.manner === 'download') download(outcome.value.name, outcome.value.text)
    setPreview(undefined)
    tell(say('reportSaved'))
  }
  return (
    <Card title={say('helpReport')} text={say('helpReportText')}>
      <Button onPress={show}>{say('helpReportStart')}</Button>
      {preview !== undefined && (
        <Dialog title={say('reportTitle')} onClose={() => setPreview(undefined)}>
          <TextPreview text={preview.text} label={say('reportTitle')} />
          <div class="buttons">
            <Button look="main" onPress={() => save(preview.id)}>
              {say('save')}
            </Button>
            <Button onPress={() => setPreview(undefined)}>{say('cancel')}</Button>
          </div>
        </Dialog>
      )}
    </Card>
  )
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
