// An engine's process that tells back what it is told, and dies when it is asked to.
import type { FromEngine, ToEngine } from '../../client/contract/process-messages.ts'

interface ParentPort {
  on(event: 'message', listener: (message: { readonly data: ToEngine }) => void): void
  postMessage(message: FromEngine): void
}

const parent = (process as unknown as { readonly parentPort: ParentPort }).parentPort
const say = (payload: object): void => parent.postMessage({ kind: 'call', id: 1, name: 'notify', payload })

parent.on('message', ({ data }) => {
  if (data.kind === 'event') say(data.event)
  if (data.kind === 'command' && data.payload === 'die') process.exit(1)
  if (data.kind === 'command') say({ last: true })
})
