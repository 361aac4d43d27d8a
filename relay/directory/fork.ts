// Two pasts of one log, both signed by enough authorities: what the log is there to bring to light.

/** A sentence for whoever runs an authority. `number`: of the directory that has the other past. */
export function describeFork(number: number): string {
  return `ALARM: there is a directory ${number} with another past than ours, signed by enough authorities. Some of them have signed both: see “Two pasts” in docs/DIRECTORY.md.`
}
