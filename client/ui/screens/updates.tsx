// Updates: looked for, fetched, checked and installed, each at the person's word.
import type { JSX } from 'preact'
import type { UpdateStatus } from '../../contract/app-status.ts'
import { keyOf, useUi } from '../context.ts'
import { Button, Card, Toggle } from '../parts.tsx'

export function Updates(): JSX.Element {
  const { say, status, ask } = useUi()
  const { update, settings } = status
  const isBusy = update.state === 'checking' || update.state === 'fetching'
  return (
    <Card title={say('updates')}>
      <Toggle title={say('updatesAuto')} isOn={settings.updates} onChange={(updates) => ask('changeSettings', { updates })} />
      <p role="status">
        <UpdateText update={update} />
      </p>
      {update.state === 'fetching' && <progress max={Math.max(1, update.bytes)} value={update.doneBytes} aria-label={say('updates')} />}
      <div class="buttons">
        {update.state === 'available' && (
          <Button look="main" onPress={() => ask('fetchUpdate')}>
            {say('updateFetch')}
          </Button>
        )}
        {update.state === 'ready' && (
          <Button look="main" onPress={() => ask('installUpdate')}>
            {say('updateInstall')}
          </Button>
        )}
        <Button onPress={() => ask('checkUpdate')} isDisabled={isBusy}>
          {say('updateCheck')}
        </Button>
        <Button onPress={() => ask('openUpdate')} isDisabled={isBusy}>
          {say('updateOpen')}
        </Button>
      </div>
    </Card>
  )
}

function UpdateText({ update }: { readonly update: UpdateStatus }): string {
  const { say, words } = useUi()
  switch (update.state) {
    case 'unsupported':
      return ''
    case 'available':
      return say('update_available', { version: update.version, bytes: words.bytes(update.bytes) })
    case 'fetching':
      return say('update_fetching', { version: update.version, done: words.bytes(update.doneBytes), bytes: words.bytes(update.bytes) })
    case 'ready':
      return say('update_ready', { version: update.version })
    case 'failed':
      return say(keyOf('update_failed', update.fault))
    default:
      return say(keyOf('update', update.state))
  }
}
