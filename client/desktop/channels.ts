// The channels between the screens and the shell: all there are.
export const CHANNELS = {
  /** From the screens: a command and its payload; answered with its outcome. */
  command: 'culvert:command',
  /** From the screens: tell us how things stand. */
  watch: 'culvert:watch',
  /** To the screens: a whole status. */
  status: 'culvert:status',
} as const
