// A question to whoever a session is with, on a stream to a name that it answers itself: bytes and an end, both ways.
import { ProtocolError, ResetCode } from '../errors.ts'
import type { Stream } from '../stream.ts'
import type { Target } from '../target.ts'
import type { Drive } from './drive.ts'

export interface QuestionLimits {
  /** From the stream's open frame to its end. */
  readonly answerMs: number
  /** The longest answer. */
  readonly answerBytesMax: number
}

/**
 * The answer as it comes, unchecked; `onBytes` is told of each part, `onReset` why there is none where the stream was reset. undefined: the session takes no stream or ends, the other side has no answer or says
 * too much, or nothing in time. Never rejects.
 */
export function askStream(
  drive: Pick<Drive, 'open'>,
  target: Target,
  request: Uint8Array,
  limits: QuestionLimits,
  onBytes: (count: number) => void = () => undefined,
  onReset: (code: ResetCode) => void = () => undefined,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const stream = open(drive, target)
    if (stream === undefined) return resolve(undefined)
    const overdue = setTimeout(() => finish(undefined), limits.answerMs)
    const parts: Uint8Array[] = []
    let bytes = 0
    const finish = (whole: Uint8Array | undefined): void => {
      clearTimeout(overdue)
      stream.reset(ResetCode.cancelled)
      resolve(whole)
    }
    stream.handler = {
      onData: (more) => {
        bytes += more.length
        if (bytes > limits.answerBytesMax) return finish(undefined)
        parts.push(Uint8Array.from(more))
        stream.consumed(more.length)
        onBytes(more.length)
      },
      onFin: () => finish(new Uint8Array(Buffer.concat(parts))),
      onReset: (code) => {
        onReset(code)
        finish(undefined)
      },
      onDatagram: () => finish(undefined),
      onOpened: () => undefined,
      onRoom: () => undefined,
    }
    if (request.length > 0) stream.write(request.slice())
    stream.fin()
  })
}

function open(drive: Pick<Drive, 'open'>, target: Target): Stream | undefined {
  try {
    return drive.open(target, {})
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
