// What the engine says of itself: the one type that command line, desktop app and UI read.

/** Why there is no session, for code; `reasonSentence` has the words. */
export type Reason =
  | 'offline'
  | 'unreachable'
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'wrong-certificate'
  | 'not-admitted'
  | 'wrong-clock'
  | 'expired-certificate'
  | 'wrong-answer'
  | 'upstream'
  | 'fronting'
  | 'carrier-closed'
  | 'silent'
  | 'protocol'
  | 'draining'
  // While a network has handed out no relay yet
  | 'invite-unknown'
  | 'invite-expired'
  | 'invite-used-up'
  | 'no-relay-free'
  | 'no-door'

export type Status =
  | { readonly state: 'connecting'; readonly attempt: number }
  | { readonly state: 'connected'; readonly carrier: 'websocket' | 'http'; readonly through: 'direct' | 'edge' }
  /** The line broke. What is open stays open while another is sought. */
  | { readonly state: 'recovering'; readonly reason: Reason }
  | { readonly state: 'waiting'; readonly reason: Reason; readonly retryInMs: number }
  | { readonly state: 'stopped' }

const SENTENCES: Readonly<Record<Reason, string>> = {
  offline: 'This computer seems to have no network. Look at Wi-Fi or the cable.',
  unreachable: 'The relay cannot be reached from here. Its address may be blocked, or the relay is gone.',
  refused: 'Nothing answers at the relay’s address: the relay may be off.',
  reset: 'Something between here and the relay cuts the line. It may be blocked.',
  timeout: 'The relay does not answer in time. It may be blocked, or the network is very slow.',
  'wrong-certificate':
    'The site that answers has another certificate than the invite says. Someone may be listening in, or the relay has moved; nothing was sent to it.',
  'not-admitted': 'The relay’s site answers, but does not know this invite any more. Ask for a new one.',
  'wrong-clock': 'This computer’s clock is wrong, and the relay’s clock could not be learned. Set the date and time.',
  'expired-certificate':
    'The certificate that was shown has expired: this computer’s clock is ahead, or what answered is not who it should be. Look at the date; nothing was sent.',
  'wrong-answer': 'What answered is not the relay of this invite. Someone may stand between.',
  upstream: 'The proxy given with --upstream cannot be used, or refuses.',
  fronting: 'This way hides one name behind another, which the app can do by WebSocket only. The command line can: culvert connect.',
  'carrier-closed': 'The line to the relay was closed.',
  silent: 'The relay stopped answering.',
  protocol: 'The relay sent something that makes no sense.',
  draining: 'The relay is going to restart.',
  'invite-unknown': 'The network does not know this invite. Ask for a new one.',
  'invite-expired': 'This invite has expired. Ask for a new one.',
  'invite-used-up': 'This invite has been used by as many people as it was made for. Ask for a new one.',
  'no-relay-free': 'The network has no relay to give at present. It is asked again by itself.',
  'no-door': 'Nobody who hands out relays of this network can be reached from here. They may be blocked.',
}

/** One sentence that a person understands. */
export function reasonSentence(reason: Reason): string {
  return SENTENCES[reason]
}
