// Adding an invite: pasted, from a file, from a QR code in a picture, on the screen or before the camera.
import type { JSX } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { faultKey, useUi } from '../context.ts'
import { Icon } from '../icons.tsx'
import { uiLimits } from '../limits.ts'
import { Button, Card, CopyText, Dialog, Screen } from '../parts.tsx'
import { goTo } from '../place.ts'
import { readQr, takeScreen } from '../qr.ts'

export function InviteScreen(): JSX.Element {
  const { say, send, tell, status } = useUi()
  const [fault, setFault] = useState('')
  const [hasCamera, setCamera] = useState(false)
  const { capabilities } = status

  const add = async (invite: string): Promise<void> => {
    const outcome = await send('addInvite', { text: invite.slice(0, uiLimits.textFileBytesMax) })
    if (!outcome.ok) return setFault(say(faultKey(outcome.fault)))
    tell(say('inviteAdded', { count: outcome.value.added }))
    goTo('home')
  }
  const addFound = async (found: string | undefined): Promise<void> => {
    if (found === undefined) return setFault(say('qrNone'))
    if (!/culvert:/i.test(found)) return setFault(say('qrNotInvite'))
    await add(found)
  }
  const addFile = async (file: Blob): Promise<void> => {
    setFault('')
    if (file.size > (file.type.startsWith('image/') ? uiLimits.fileBytesMax : uiLimits.textFileBytesMax))
      return setFault(say('fileTooLong'))
    if (!file.type.startsWith('image/')) return add(await file.text())
    await addFound(await readQr(file).catch(() => undefined))
  }
  const addScreen = async (): Promise<void> => {
    setFault('')
    const picture = await takeScreen().catch(() => undefined)
    if (picture === undefined) return setFault(say('screenFailed'))
    await addFound(await readQr(await blobOf(picture)))
  }
  useGiven(addFile, add)
  return (
    <Screen title={say('inviteTitle')}>
      <p class="lead">{say('inviteText')}</p>
      <PasteForm fault={fault} onText={add} onEdit={() => setFault('')} />
      <div class="choices">
        <FileButton onFile={addFile} />
        {capabilities.screenImage && (
          <Button onPress={addScreen}>
            <Icon name="screen" />
            {say('inviteScreen')}
          </Button>
        )}
        {capabilities.camera && (
          <Button onPress={() => setCamera(true)}>
            <Icon name="camera" />
            {say('inviteCamera')}
          </Button>
        )}
      </div>
      <p class="quiet">{say('inviteDrop')}</p>
      <Card title={say('inviteAsk')} text={say('inviteAskText')}>
        <CopyText text={say('inviteAskWords')} />
      </Card>
      {hasCamera && (
        <Camera
          onFound={(found) => {
            setCamera(false)
            void addFound(found)
          }}
          onFailed={() => {
            setCamera(false)
            setFault(say('cameraFailed'))
          }}
          onClose={() => setCamera(false)}
        />
      )}
    </Screen>
  )
}

/** What is dropped or pasted anywhere on the screen, since nobody aims; text that is pasted into a field is the field's. */
function useGiven(onFile: (file: Blob) => Promise<void>, onText: (text: string) => Promise<void>): void {
  const given = useRef({ onFile, onText })
  given.current = { onFile, onText }
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    const take = (event: Event, data: DataTransfer | undefined): void => {
      const [file] = data?.files ?? []
      const text = data?.getData('text/plain') ?? ''
      if (file === undefined && (text === '' || event.target instanceof HTMLTextAreaElement)) return
      event.preventDefault()
      void (file === undefined ? given.current.onText(text) : given.current.onFile(file))
    }
    document.addEventListener('dragover', (event) => event.preventDefault(), { signal })
    document.addEventListener('drop', (event) => take(event, event.dataTransfer ?? undefined), { signal })
    document.addEventListener('paste', (event) => take(event, event.clipboardData ?? undefined), { signal })
    return () => stop.abort()
  }, [])
}

interface PasteFormProps {
  readonly fault: string
  readonly onText: (text: string) => Promise<void>
  readonly onEdit: () => void
}

function PasteForm({ fault, onText, onEdit }: PasteFormProps): JSX.Element {
  const { say } = useUi()
  const [text, setText] = useState('')
  const id = useId()
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault()
        void onText(text)
      }}
    >
      <label for={id}>{say('invitePaste')}</label>
      <textarea
        id={id}
        rows={5}
        dir="auto"
        spellcheck={false}
        autocomplete="off"
        value={text}
        aria-invalid={fault !== ''}
        aria-describedby={`${id}-fault`}
        placeholder="culvert:…"
        // Of itself only the line with the cursor comes into sight.
        onFocus={(event) => event.currentTarget.scrollIntoView({ block: 'nearest' })}
        onInput={(event) => {
          setText(event.currentTarget.value)
          onEdit()
        }}
      />
      <p class="fault" id={`${id}-fault`} role="alert">
        {fault}
      </p>
      <button type="submit" class="button main">
        {say('add')}
      </button>
    </form>
  )
}

function FileButton({ onFile }: { readonly onFile: (file: Blob) => Promise<void> }): JSX.Element {
  const { say } = useUi()
  return (
    <label class="button file-button">
      <Icon name="file" />
      {say('inviteFile')}
      <input
        type="file"
        class="hidden"
        accept=".culvert,.txt,text/plain,image/*"
        onChange={(event) => {
          const input = event.currentTarget
          const [file] = input.files ?? []
          if (file !== undefined) void onFile(file).finally(() => (input.value = ''))
        }}
      />
    </label>
  )
}

interface CameraProps {
  readonly onFound: (text: string) => void
  readonly onFailed: () => void
  readonly onClose: () => void
}

function Camera({ onFound, onFailed, onClose }: CameraProps): JSX.Element {
  const { say } = useUi()
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => watchCamera(video.current as HTMLVideoElement, onFound, onFailed), [])
  return (
    <Dialog title={say('inviteCamera')} onClose={onClose}>
      <p>{say('inviteShow')}</p>
      <video ref={video} class="camera" muted playsInline />
    </Dialog>
  )
}

/** Gives back how to end it: the camera's light goes out then. */
function watchCamera(video: HTMLVideoElement, onFound: (text: string) => void, onFailed: () => void): () => void {
  let isOver = false
  let stream: MediaStream | undefined
  const stop = (): void => {
    isOver = true
    for (const track of stream?.getTracks() ?? []) track.stop()
  }
  const look = async (): Promise<void> => {
    const found = await readQr(video).catch(() => undefined)
    if (isOver) return
    if (found === undefined) return void setTimeout(() => void look(), uiLimits.cameraEveryMs)
    stop()
    onFound(found)
  }
  void (async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false })
      if (isOver) return stop()
      video.srcObject = stream
      await video.play()
      await look()
    } catch {
      if (!isOver) onFailed()
    }
  })()
  return stop
}

async function blobOf(picture: ImageBitmap): Promise<Blob> {
  const canvas = new OffscreenCanvas(picture.width, picture.height)
  canvas.getContext('2d')?.drawImage(picture, 0, 0)
  picture.close()
  return canvas.convertToBlob()
}
