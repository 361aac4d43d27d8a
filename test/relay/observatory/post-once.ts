// A program for hooks.test.ts: posts an event to the hooks of a file, once, and is killed meanwhile.
import { createSender, readHooks } from '../../../relay/observatory/hooks.ts'
import { Outbox } from '../../../relay/observatory/outbox.ts'
import type { ShutdownEvent } from '../../../relay/observatory/published.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../../relay/observatory/tables.ts'
import { openStore } from '../../../relay/store/store.ts'

const { WHERE = '', HOOKS = '', CA = '', EVENT = '' } = process.env
const store = await openStore<ObservatoryTables>(WHERE, OBSERVATORY)
const lookup = ((_name: string, _options: unknown, done: (error: undefined, addresses: object[]) => void) =>
  process.nextTick(done, null, [{ address: '127.0.0.1', family: 4 }])) as unknown as typeof import('node:dns').lookup
const send = createSender({ allow: ['127.0.0.1'], ca: CA, lookup })
await new Outbox({ db: store.db, hooks: readHooks(HOOKS), send, nowMs: Date.now }).look([JSON.parse(EVENT) as ShutdownEvent])
