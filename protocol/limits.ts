// Every limit of the protocol, with its reason. Wire limits are part of SPEC.md §9; the others are this implementation's own.

// Records and frames (wire)

/** A sealed record fits a WebSocket message with a 16-bit length; facts: AES-GCM costs 7 µs a record, so large ones pay. */
export const RECORD_BYTES_MAX = 65_535
/** Masked number (8) and tag (16). */
export const RECORD_OVERHEAD_BYTES = 24
export const RECORD_PLAINTEXT_BYTES_MAX: number = RECORD_BYTES_MAX - RECORD_OVERHEAD_BYTES
/** 2^16 records are at most 4 GiB under one key, far below the AES-GCM bound of 2^32 blocks (NIST SP 800-38D). */
export const REKEY_RECORDS = 65_536
/** type, id and length varints of a data frame. */
export const DATA_HEADER_BYTES_MAX = 17
/** A UDP payload that fits one record with its header, the longest target and an open frame; larger datagrams are dropped as a network would. */
export const DATAGRAM_BYTES_MAX = 64_512

/** Records of one direction that are under way in parts: one after the other, and some that wait for a part that was lost. */
export const PARTED_MAX = 4
/** Parts begin at multiples of this, so that what has come of a record is 256 yes or no, whatever a peer sends twice or overlapping. */
export const PART_UNIT_BYTES = 256
/** type, number, size, place and length of a part frame. */
export const PART_HEADER_BYTES_MAX = 16

// Credit (wire: the initial value is stated in the handshake)

/** Enough for the first round trips of a download (10 segments, doubling) without holding much for an idle stream. */
export const STREAM_WINDOW_BYTES = 262_144
/** Bandwidth × delay of 80 MB/s at 100 ms; more only fills queues. */
export const STREAM_WINDOW_BYTES_MAX = 8_388_608
/** Sum of what all windows of one session may grow beyond their initial value. */
export const SESSION_WINDOW_GROWTH_BYTES = 33_554_432
/** Received and not yet consumed, in one session; past it the fattest stream is reset (overload). */
export const SESSION_UNCONSUMED_BYTES_MAX = 50_331_648

/** What a piece of a stream takes that waits, beside its bytes: a view and its place in a socket's queue 160 to 230 (Node 24.21, November 2026). Without it,
 *  who sends byte by byte would be held to a hundredth of what he costs. */
export const PIECE_BYTES = 256

// Sending

/** Sealed and not yet acknowledged. The resume point can be no further back than this. */
export const RETAINED_BYTES_MAX = 8_388_608
/** In flight before the bandwidth is known, and on top of what was measured while it still grows. */
export const IN_FLIGHT_BYTES_MIN = 262_144
/** Records in flight, so that tiny records can't make the retained window's bookkeeping large. */
export const RETAINED_RECORDS_MAX = 8_192
/** What one stream may have queued unsent before its source is told to pause. */
export const STREAM_QUEUE_BYTES_MAX = 262_144
/** What one stream sends before it counts as bulk and waits its turn: a page's markup, not a film. */
export const INTERACTIVE_BYTES_MAX = 65_536
/** After this long without data a bulk stream counts as interactive again. */
export const INTERACTIVE_IDLE_MS = 1_000
/** Datagrams wait in a short queue; the oldest is dropped first, as a network would. */
export const DATAGRAM_QUEUE_COUNT_MAX = 256
export const DATAGRAM_QUEUE_BYTES_MAX = 1_048_576
/** Frames that must not be lost (window, reset, opened …) and can't be counted by credit: a peer that causes more has lost its session. */
export const CONTROL_QUEUE_COUNT_MAX = 65_536
/** A stream with its handler, which stays until its last frame has left: 764 bytes of heap (Node 24.21, November 2026), and its place in tables. */
export const OWED_STREAM_BYTES = 1_024

// Several carriers

/** Browsers have six flows to one host; a session keeps two or three, and a few more while one takes over from another. */
export const CARRIERS_MAX = 8
/** Plaintext of records that came before their turn: what the other side may retain, and what it may seal beyond that in acks. */
export const AHEAD_BYTES_MAX = 12_582_912

// The http carrier (wire)

/** Body of a request that brings messages: what nginx takes by default (client_max_body_size), and below the limits of CDNs. */
export const HTTP_BODY_BYTES_MAX = 1_048_576
/** Requests of one carrier under way, of one direction: as many as a browser has flows to one host, most of them for up. */
export const HTTP_UP_MAX = 6
export const HTTP_DOWN_MAX = 4

// Acknowledgement

/** One bit for each record that may be retained. */
export const ACK_BITMAP_BYTES_MAX: number = RETAINED_RECORDS_MAX / 8

/** An ack for each so many bytes received: few on a slow path, where they tell the rate; far apart on a fast one, where each costs a record. */
export const ACK_BYTES_MIN = 65_536
export const ACK_BYTES_MAX = 1_048_576
/** Acks that come faster than this are too many (each costs both sides some 60 µs); slower, too few. */
export const ACK_INTERVAL_FAST_MS = 8
export const ACK_INTERVAL_SLOW_MS = 24
/** … or so many records … */
export const ACK_RECORDS = 64
/** … and no later than this; also how long a resume point may lag behind. */
export const ACK_DELAY_MS = 25
/** No sooner by itself: most answers of local programs are there by then. Drawn between the two. */
export const ACK_DELAY_MS_MIN = 12

// Streams

/** Streams open at once in a session. A browser with 100 tabs stays under 1,000. */
export const STREAMS_MAX = 8_192

// Admission

/** A clock may differ by this much (facts: phones and PCs of ordinary users are within a minute; a wrong one is told by Date). */
export const ADMISSION_FRESH_S = 120
/** Sealed admission, before base64url: bigger than the smallest handshake, smaller than a browser's 4,096-byte cookie. */
export const ENVELOPE_BYTES_MAX = 3_000
/** Random padding of an admission, so that its size varies as session cookies do. */
export const ENVELOPE_PADDING_BYTES_MAX = 700

// Invites

export const INVITE_TEXT_BYTES_MAX = 8_192
export const INVITE_ENDPOINTS_MAX = 8
/** Doors of a network in one invite: enough to find one that is open, few enough for a QR code. */
export const NETWORK_DOORS_MAX = 4

// Policies (wire)

/** A relay's policy with a few invites of the longest kind: fetched once an hour or so, over any path. */
export const POLICY_BYTES_MAX = 65_535
/** Hosts in each list of canaries, and resolvers: a client asks one or two of them at a time. */
export const POLICY_HOSTS_MAX = 16
/** Fresh endpoints of one relay: its edges, and spare ones. */
export const POLICY_ENDPOINTS_MAX = 16
/** Further relays: few, so that one invite does not betray many. */
export const POLICY_RELAYS_MAX = 8
/** From issued to expired: a shutdown of some weeks must not leave a client without endpoints. */
export const POLICY_LIFE_S_MAX: number = 90 * 86_400
/** How far a policy may be from the future: a day, since a client's idea of the time may be off. */
export const POLICY_AHEAD_S = 86_400
/** A carrier that carries less than this is all handshake; one that lives less, too. The upper ends are a terabyte and a day: no rotation. */
export const ROTATION_BYTES_MIN = 4_096
export const ROTATION_BYTES_MAX: number = 2 ** 40
export const ROTATION_SECONDS_MIN = 5
export const ROTATION_SECONDS_MAX = 86_400

// Liveness

/** An open frame waits this long for the app's first bytes, so that both travel in one record. */
export const OPEN_HOLD_MS = 3
/** A ping after so much silence (drawn between the two): shorter than the idle timeouts of NATs and CDNs (60 s and more). */
export const PING_AFTER_MS_MIN = 20_000
export const PING_AFTER_MS_MAX = 45_000
/** Nothing at all received for so long while an answer is due: the carrier is dead. */
export const SILENCE_MS_MAX = 15_000
/** An answer is late after so many round trips, and no sooner than this: TCP repeats a lost tail after 0.2 to 0.6 s. */
export const LATE_ROUND_TRIPS = 4
export const LATE_MS_MIN = 800
/** What a record may take before its answer is late, where the path's rate is not known: censors throttle to 128 kbit/s and not below (facts). */
export const SLOW_BYTES_PER_MS = 16
/** While a transfer is under way, a first question after so much silence (drawn between the two); each further one waits about twice as long. */
export const PROBE_AFTER_MS_MIN = 350
export const PROBE_AFTER_MS_MAX = 650

// Record size

/** A record takes no longer than this on the path, so that a click waits no longer behind it. */
export const RECORD_MS_MAX = 10
/** Until the path is known, and where it is slow: below what censors let through before they freeze a flow (facts: 12 KB and more). */
export const RECORD_BYTES_SLOW = 4_096
/** A record is no larger than this part of what its carrier has carried before: what must be sent again should pass where a flow freezes early. */
export const RECORD_SHARE = 8

// Directory (wire)

/** What k-of-n authorities sign is used for so long, and thought to be young for a third of that: a weekend without authorities is survived. */
export const CONSENSUS_VALID_S: number = 72 * 3_600
export const CONSENSUS_FRESH_S: number = 24 * 3_600
/** How far a consensus may be from the future: a client's clock may be a day behind. One that is a day ahead loses a day of the three. */
export const CONSENSUS_AHEAD_S: number = 24 * 3_600
/** Authorities, and as many witnesses: organisations that know each other. */
export const AUTHORITIES_MAX = 16
/** Charters from the first on: one for each change of the authorities. */
export const CHARTERS_MAX = 64
/** A signing key lives for a year and some weeks to meet in; then its root key must be fetched from the safe again. */
export const CERTIFICATE_LIFE_S_MAX: number = 400 * 86_400
/** Relays of a network; a roll of as many is 2.2 MB, one of a thousand 34 kB. */
export const ROLL_RELAYS_MAX = 65_535
/** The share that a relay may have of new sessions, at most: what a lie about it can gain is bounded. */
export const WEIGHT_MAX = 1_000
/** Policies for a country, and one for all others. */
export const COUNTRIES_MAX = 64
/** Ways to the directory itself: two or so for each authority. */
export const SOURCES_MAX = 32
/** Relays whose keys were stolen, or that were found to harm: more is a flood. */
export const REVOKED_MAX = 1_024
/** A directory is fresh for a day, so there must be a meeting in it. */
export const PERIOD_S_MAX = 86_400
/** Of a meeting, beside those in which votes travel: two before, in which descriptors do, and two after, in which signatures do. */
export const MEETING_MORE_PHASES = 4
/** Who lost a relay waits for the next epoch: for longer than a week nobody would. */
export const EPOCH_S_MAX = 604_800
/** Relays that each authority which hands out is to have on the average: so that the smallest share, too, has three of different networks. SPEC.md §14.6. */
export const SHARE_RELAYS = 12
export const CONSENSUS_BYTES_MAX = 262_144
/** A checkpoint of all authorities and witnesses, 130 bytes a line. */
export const NOTE_BYTES_MAX = 8_192
export const NOTE_LINES_MAX = 64
/** Everything that a client needs, with the log of ten years at four entries a day. */
export const BUNDLE_BYTES_MAX = 1_048_576
export const LOG_LEAVES_MAX = 24_576
/** A descriptor is a kilobyte at most: an invite's fields and some numbers. */
export const DESCRIPTOR_BYTES_MAX = 6_400
/** A relay says anew what it is before this is over; one that doesn't is gone. */
export const DESCRIPTOR_LIFE_S_MAX: number = 7 * 86_400
/** One authority's opinion of every relay. */
export const VOTE_BYTES_MAX = 4_194_304
/** Relays that a member is handed: one that is blocked or gone must not leave a person alone, and nobody needs to learn more. */
export const HANDED_RELAYS_MAX = 3
/** So many invites of the longest kind, each with its proof. */
export const HANDED_BYTES_MAX = 24_576
