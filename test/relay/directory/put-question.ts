// A question put to what answers streams, without a session: in pieces, and the answer as it would be sent.
import { ResetCode, Stream, type Target } from '#protocol'
import type { Documents } from '../../../relay/streams.ts'

/** By somebody who has asked nothing yet. undefined: the stream was reset. */
export function putQuestion(documents: Documents, target: Target, ...parts: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
  return putQuestionOf({}, documents, target, ...parts)
}

export function putQuestionOf(
  who: object,
  documents: Documents,
  target: Target,
  ...parts: readonly Uint8Array[]
): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const answered = (one: Stream): void => {
      if (one.finQueued) resolve(Buffer.concat(one.queue.map(({ buffer, start, end }) => buffer.subarray(start, end))))
    }
    const stream = new Stream(1, { ready: answered, due: () => resolve(undefined), consumed: () => undefined }, 262_144)
    if (!documents(stream, target, who)) return stream.reset(ResetCode.refused)
    for (const part of parts) {
      stream.unconsumedBytes += part.length
      stream.handler.onData(part, true)
      if (stream.resetDue !== undefined) return
    }
    stream.handler.onFin()
  })
}
