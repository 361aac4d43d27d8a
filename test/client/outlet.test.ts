// What a relay may do to streams of the proxies that it should not.
import { expect, test } from 'vitest'
import { parseTarget, ResetCode } from '#protocol'
import type { Link } from '../../client/engine/link.ts'
import { LinkOutlet } from '../../client/engine/outlet.ts'
import { OutletError } from '../../client/engine/proxy/outlet.ts'
import { fakeStream } from '../relay/fake-stream.ts'

const TARGET = parseTarget('www.example.org', 80)

function open(): { readonly outlet: LinkOutlet; readonly stream: ReturnType<typeof fakeStream> } {
  const stream = fakeStream()
  return { outlet: new LinkOutlet({ drive: { open: () => stream } } as unknown as Link, false), stream }
}

test('a stream that is reset before whoever asked for it can listen ends nothing else, and says why', async () => {
  const { outlet, stream } = open()
  const opened = outlet.open(TARGET)
  stream.handler.onReset(ResetCode.overload)
  expect(await opened).toMatchObject({ destroyed: true, errored: new OutletError(ResetCode.overload) })
})

test('a datagram on a stream of bytes ends it at both ends', async () => {
  const { outlet, stream } = open()
  const opened = await outlet.open(TARGET)
  stream.handler.onDatagram(TARGET, new Uint8Array(1))
  expect(opened.destroyed).toBe(true)
  await new Promise((resolve) => opened.on('close', resolve))
  expect(stream.resetDue).toBe(ResetCode.cancelled)
})

test('bytes that are no datagram end an association, of which its program is told', () => {
  const { outlet, stream } = open()
  let closedCount = 0
  outlet.associate(
    () => undefined,
    () => closedCount++,
  )
  stream.handler.onData(new Uint8Array(1), false)
  expect([closedCount, stream.resetDue]).toEqual([1, ResetCode.internal])
})
