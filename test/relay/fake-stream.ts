// A stream without a session: what it was told to send stays in its queue, and nothing arrives but by its handler.
import { Stream } from '#protocol'

export function fakeStream(): Stream {
  return new Stream(1, { ready: () => undefined, due: () => undefined, consumed: () => undefined }, 262_144)
}
