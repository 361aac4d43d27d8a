// Give to a friend: the installer in a folder, with or without an invite.
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Given } from '../../contract/commands.ts'
import { faultKey, useUi } from '../context.ts'
import { Button, Card, Screen, Toggle } from '../parts.tsx'

export function ShareScreen(): JSX.Element {
  const { say, status, send, tell } = useUi()
  const [withInvite, setWithInvite] = useState(false)
  const [given, setGiven] = useState<Given | undefined>(undefined)
  const give = async (): Promise<void> => {
    const outcome = await send('giveToFriend', { withInvite })
    if (outcome.ok) setGiven(outcome.value)
    else tell(say(faultKey(outcome.fault)))
  }
  if (!status.capabilities.share) {
    return (
      <Screen title={say('shareTitle')}>
        <p class="lead">{say('shareUnsupported')}</p>
      </Screen>
    )
  }
  return (
    <Screen title={say('shareTitle')}>
      <p class="lead">{say(status.capabilities.update ? 'shareText' : 'shareTextNoApp')}</p>
      <Card title={say('navShare')}>
        {status.relays.length > 0 && (
          <Toggle title={say('shareInvite')} text={say('shareInviteText')} isOn={withInvite} onChange={setWithInvite} />
        )}
        <Button look="main" onPress={give}>
          {say('shareStart')}
        </Button>
        <div role="status">
          {given !== undefined && <p>{say('shareDone', { folder: given.folder })}</p>}
          {given?.hasApp === false && <p>{say('shareNoApp')}</p>}
        </div>
      </Card>
    </Screen>
  )
}
