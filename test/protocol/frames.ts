// What decodeFrames finds, as plain values that compare and can be written as JSON.
import { ProtocolError, type ProtocolErrorCode, type Target } from '#protocol'
import { decodeFrames, type FrameType, type SessionFrames, type StreamFrames } from '../../protocol/frame.ts'
import { toHex } from './fixtures.ts'

/** Name and fields in the order of the wire; bytes as hex, without their length. */
export type Frame = readonly [name: keyof typeof FrameType, ...fields: (number | string | Target)[]]

const nothing = (): void => undefined

export const IGNORED: SessionFrames & StreamFrames = {
  onAck: nothing,
  onPing: nothing,
  onOpen: nothing,
  onOpened: nothing,
  onData: nothing,
  onFin: nothing,
  onReset: nothing,
  onWindow: nothing,
  onDatagram: nothing,
  onGoaway: nothing,
  onRetire: nothing,
  onPart: nothing,
}

export function recordFrames(plaintext: Uint8Array): { readonly frames: Frame[]; readonly error: ProtocolErrorCode | undefined } {
  const frames: Frame[] = []
  const sink: SessionFrames & StreamFrames = {
    onAck: (next, ahead) => frames.push(ahead === undefined ? ['ack', next] : ['ackAhead', next, toHex(ahead)]),
    onPing: () => frames.push(['ping']),
    onOpen: (id, flags, target) => frames.push(['open', id, flags, target]),
    onOpened: (id) => frames.push(['opened', id]),
    onData: (id, bytes) => frames.push(['data', id, toHex(bytes)]),
    onFin: (id) => frames.push(['fin', id]),
    onReset: (id, code) => frames.push(['reset', id, code]),
    onWindow: (id, limit) => frames.push(['window', id, limit]),
    onDatagram: (id, target, bytes) => frames.push(['datagram', id, target, toHex(bytes)]),
    onGoaway: (code) => frames.push(['goaway', code]),
    onRetire: (counter) => frames.push(['retire', counter]),
    onPart: ({ number, size, offset, bytes }) => frames.push(['part', number, size, offset, toHex(bytes)]),
  }
  try {
    decodeFrames(plaintext, sink, sink)
    return { frames, error: undefined }
  } catch (error) {
    if (error instanceof ProtocolError) return { frames, error: error.code }
    throw error
  }
}
