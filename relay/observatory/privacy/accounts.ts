// What releases cost, as zero-concentrated differential privacy (Bun, Steinke 2016): costs of one unit add up, whatever was asked in the light of what.

/** What a draw with this σ costs a unit that changes the counts by `sensitivity`, as a Euclidean length. */
export function rhoOf(sensitivity: number, sigma: number): number {
  return sensitivity ** 2 / (2 * sigma ** 2)
}

/** The ε that goes with ρ at this δ: ρ + 2·√(ρ·ln(1/δ)), their proposition 1.3. */
export function epsilonOf(rho: number, delta: number): number {
  return rho + 2 * Math.sqrt(rho * Math.log(1 / delta))
}

/** By how much anyone, with any means, can do better than chance at telling whether a unit was counted: Pinsker's inequality, since KL ≤ ρ. */
export function advantageMax(rho: number): number {
  return Math.min(1, Math.sqrt(rho / 2))
}
