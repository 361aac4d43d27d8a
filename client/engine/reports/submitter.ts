// Handing a sealed report in, through a session: the relay passes it on and can't read it. Another way to hand it in (several collectors that each see a
// share, say) would be another Submitter.
import { ProtocolError, parseTarget, ResetCode, type Stream } from '#protocol'
import type { Drive } from '#protocol/node'
import { type ReportLimits, reportLimits } from './limits.ts'

/** `taken`: it is on the collector's disk. `never`: it is not wanted, today. `later`: nobody knows; the same bytes may be handed in again. */
export type Submitted = 'taken' | 'never' | 'later'

export interface Submitter {
  /** Never rejects. */
  submit(sealed: Uint8Array): Promise<Submitted>
}

const TARGET = parseTarget('report.invalid', 1)
const ANSWERS: readonly Submitted[] = ['later', 'taken', 'never']

export function sessionSubmitter(drive: Pick<Drive, 'open'>, limits: ReportLimits = reportLimits): Submitter {
  return {
    submit: (sealed) =>
      new Promise((resolve) => {
        const stream = open(drive)
        if (stream === undefined) return resolve('later')
        const overdue = setTimeout(() => finish('later'), limits.answerMs)
        let answer: Submitted = 'later'
        const finish = (submitted: Submitted): void => {
          clearTimeout(overdue)
          stream.reset(ResetCode.cancelled)
          resolve(submitted)
        }
        stream.handler = {
          onData: (bytes) => {
            stream.consumed(bytes.length)
            answer = ANSWERS[bytes[0] ?? 0] ?? 'later'
          },
          onFin: () => finish(answer),
          onReset: () => finish('later'),
          onDatagram: () => finish('later'),
          onOpened: () => undefined,
          onRoom: () => undefined,
        }
        stream.write(sealed.slice())
        stream.fin()
      }),
  }
}

function open(drive: Pick<Drive, 'open'>): Stream | undefined {
  try {
    return drive.open(TARGET, {})
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
