// Draws from a fixed seed: as good as chance, and the same each time, so that a statistical test fails for a reason or never.
import { createCipheriv, createHash } from 'node:crypto'
import { type DrawBelow, drawingBelow } from '../../../relay/observatory/privacy/discrete-gaussian.ts'

export function seeded(seed: string): DrawBelow {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16))
  return drawingBelow((count) => new Uint8Array(cipher.update(Buffer.alloc(count))))
}
