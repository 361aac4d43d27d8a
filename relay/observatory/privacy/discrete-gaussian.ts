// The discrete Gaussian, drawn exactly: integers with probability proportional to exp(-x² / 2σ²), by whole numbers alone, so that no rounding of a
// floating-point number tells what was added to. After Canonne, Kamath, Steinke, “The Discrete Gaussian for Differential Privacy” (NeurIPS 2020),
// algorithms 1 to 3; each function below is one of them, under its name there.

/** Draws below a bound, each number as likely as any other. */
export type DrawBelow = (bound: bigint) => bigint

/** Uniform draws from random bytes, by rejection: no number is likelier than another. */
export function drawingBelow(random: (count: number) => Uint8Array): DrawBelow {
  let pool = new Uint8Array()
  let taken = 0
  const byte = (): number => {
    if (taken === pool.length) {
      pool = new Uint8Array(random(POOL_BYTES))
      taken = 0
    }
    const value = pool[taken] as number
    // What was used once is of no use to anyone who reads this memory later.
    pool[taken++] = 0
    return value
  }
  return (bound) => {
    if (bound === 1n) return 0n
    // Below 2³² plain numbers are as exact, and much faster.
    if (bound <= 0xffff_ffffn) {
      const most = Number(bound) - 1
      const mask = 0xffff_ffff >>> Math.clz32(most)
      for (;;) {
        let value = 0
        for (let left = mask; left > 0; left = Math.floor(left / 256)) value = value * 256 + byte()
        const masked = (value & mask) >>> 0
        if (masked <= most) return BigInt(masked)
      }
    }
    const bytes = Math.ceil(bound.toString(16).length / 2)
    const mask = (1n << BigInt((bound - 1n).toString(2).length)) - 1n
    for (;;) {
      let value = 0n
      for (let left = bytes; left > 0; left--) value = (value << 8n) | BigInt(byte())
      if ((value & mask) < bound) return value & mask
    }
  }
}

const POOL_BYTES = 4_096

/** A positive rational number. */
export interface Ratio {
  readonly over: bigint
  readonly under: bigint
}

/** One draw with variance parameter σ². */
export function drawDiscreteGaussian({ over, under }: Ratio, draw: DrawBelow): bigint {
  if (over <= 0n || under <= 0n) throw new Error('assertion failed: the variance is positive')
  const scale = squareRoot(over / under) + 1n
  for (;;) {
    const value = drawDiscreteLaplace(scale, draw)
    const size = value < 0n ? -value : value
    // (|y| - σ²/t)² / 2σ², with σ² = over/under.
    const apart = size * scale * under - over
    if (drawBernoulliExp(apart * apart, 2n * over * under * scale * scale, draw)) return value
  }
}

/** P(y) proportional to exp(-|y| / scale). */
export function drawDiscreteLaplace(scale: bigint, draw: DrawBelow): bigint {
  for (;;) {
    const remainder = draw(scale)
    if (!drawBernoulliExp(remainder, scale, draw)) continue
    let whole = 0n
    while (drawBernoulliExp(1n, 1n, draw)) whole++
    const size = remainder + scale * whole
    const isNegative = draw(2n) === 1n
    if (isNegative && size === 0n) continue
    return isNegative ? -size : size
  }
}

/** True with probability exp(-over/under). */
export function drawBernoulliExp(over: bigint, under: bigint, draw: DrawBelow): boolean {
  for (let whole = over / under; whole > 0n; whole--) if (!drawBernoulliExpBelowOne(1n, 1n, draw)) return false
  return drawBernoulliExpBelowOne(over % under, under, draw)
}

function drawBernoulliExpBelowOne(over: bigint, under: bigint, draw: DrawBelow): boolean {
  let turn = 1n
  while (draw(under * turn) < over) turn++
  return turn % 2n === 1n
}

/** The whole part of the square root. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = BigInt(Math.floor(Math.sqrt(Number(value))))
  while (root * root > value) root--
  while ((root + 1n) * (root + 1n) <= value) root++
  return root
}
