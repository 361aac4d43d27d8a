// Every limit of what passes between the screens and the app core, with its reason.

/** What a command may carry. */
export const commandLimits = {
  /** A pasted message with invites in it: one has 8 kB at most, and the words around it a little more. */
  inviteTextMax: 65_536,
  /** Relays that a person joins by hand; as many as the engine keeps in all. */
  invitesMax: 16,
  /** Sites of the person's own list that go direct. */
  domesticHostsMax: 500,
  /** The longest name that DNS knows. */
  hostNameMax: 253,
  /** The address of another proxy: a name, a user and a password of 255 each (RFC 1929), with each letter escaped. */
  upstreamMax: 2_048,
  /** Identifiers of our own: of an invite, a notice, a preview. */
  idMax: 64,
  /** A whole command as text: the list of sites is the longest. */
  commandBytesMax: 262_144,
}

/** What the app core keeps between runs, by its shell. */
export const stateLimits = {
  /** Letters: what the engine remembers (2.5 MB at most), invites (16 of 8 kB), the person's own sites and settings. */
  textMax: 4_194_304,
}

/** What a status may hold. */
export const statusLimits = {
  /** One a second: a minute of graph. */
  samplesMax: 60,
  /** Dials of the present search, the newest last. */
  attemptsMax: 12,
  /** Changes of the way, the newest first. */
  switchesMax: 50,
  noticesMax: 8,
}
