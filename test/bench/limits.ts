// Times, ports and counts that bound the benchmark itself.

export const BENCH_LIMITS = {
  /** Below Linux's ephemeral range (32768 on), so that no dialled socket takes a port first. */
  firstPort: 20000,
  lastPort: 32000,
  /** From starting a peer to its first answered request. */
  readyMs: 15_000,
  retryMs: 100,
  stopMs: 5_000,
  commandMs: 60_000,
  /** One measurement; the slowest peer’s longest test takes a fifth. */
  testMs: 120_000,
  /** Memory is read this long after the last stream or session stands, when buffers of its opening are gone. */
  settleMs: 3_000,
  /** How long the app is left alone while its processor time is counted. */
  idleMs: 60_000,
  /** A run during which others used more of the machine than this is repeated once. */
  noisePercent: 12,
} as const
