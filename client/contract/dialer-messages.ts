// What the engine and the hidden windows of the desktop app say to each other, and the check that each side makes of what it is sent.
//
// 1. engine → main process, on one port for all: open a pane (a hidden window with a partition of its own), why did it fail, close it
// 2. main process → engine, on that port: the pane's own port; what the window's network stack told of a failure; the window is gone
// 3. engine ⇄ window, on the pane's port: one WebSocket, or requests; bytes in batches, each way no more than the other side has room for
import { boolean, type Check, fields, integer, list, oneOf, text } from './check.ts'

/** Which window: given by the engine, never used twice in a run. */
export type PaneId = number

/** A WebSocket's messages go up in batches of this size at most (SPEC.md §2.5 has the form), unless one message is larger. */
export const UP_BATCH_BYTES = 262_144
/** A window has so much to send at most before the carrier has no room: what 30 MB/s brings in 35 ms. */
export const UP_BYTES_MAX = 1_048_576
/** Messages come down in batches of at least this size while the engine is busy with those before, and at once while it is not. */
export const DOWN_BATCH_BYTES = 262_144
/** Of one answer's body, so much is on its way to the engine at most; the rest holds up its sender. */
export const BODY_BYTES_MAX = 1_048_576
/** In pieces of this size: Chromium reads 2 MiB at a time where they are there. */
export const BODY_PIECE_BYTES = 262_144
/** The largest message of a carrier (SPEC.md §2.4). */
export const MESSAGE_BYTES_MAX = 65_535
/** Messages in one batch: a window that gathers while the engine is busy hands on what is there at DOWN_BATCH_BYTES, which may be small ones. */
const BATCH_COUNT_MAX = 262_144
/** The largest body that the engine sends. */
const POST_BYTES_MAX = 1_048_576

export interface Cookie {
  readonly name: string
  readonly value: string
}

/** Of `name=value`, as a Cookie header has it. */
export function readCookie(pair: string): Cookie {
  const cut = pair.indexOf('=')
  return { name: pair.slice(0, cut), value: pair.slice(cut + 1) }
}

/** Where a window finds the engine's hop, and the words by which the hop knows which window asks. */
export interface HopAccess {
  readonly port: number
  readonly user: string
  readonly password: string
}

export interface OpenPane {
  readonly kind: 'open'
  readonly pane: PaneId
  /** Windows of one partition share TLS sessions and cookies; one after the other, never at once. */
  readonly partition: string
  /** What is dialled by TLS: its host is the server name, and the page's origin. */
  readonly origin: string
  /** Host and Origin of requests, where an edge lets them differ from the server name. */
  readonly hostName: string | undefined
  /** SHA-256 of the certificate's SubjectPublicKeyInfo; undefined: Chromium's own authorities must vouch for it. */
  readonly pin: Uint8Array | undefined
  readonly hop: HopAccess
}

export type ToMain =
  | OpenPane
  /** Asked once something failed; answered by `told`. */
  | { readonly kind: 'why'; readonly pane: PaneId }
  | { readonly kind: 'close'; readonly pane: PaneId }

/** What Chromium was shown is not what the invite pins, or nothing that it trusts; or this computer's clock is behind the certificate. */
export type CertificateFault = 'wrong' | 'not-yet-valid'

export type FromMain =
  /** Brings the pane's port. */
  | { readonly kind: 'opened'; readonly pane: PaneId }
  /** The window could not be had, or is gone. */
  | { readonly kind: 'gone'; readonly pane: PaneId }
  | Told

export interface Told {
  readonly kind: 'told'
  readonly pane: PaneId
  readonly certificate: CertificateFault | undefined
}

/** `id`: of the WebSocket or the request, given by the engine, never used twice on a pane. */
export type ToPane =
  | { readonly kind: 'upgrade'; readonly id: number; readonly path: string; readonly cookie: Cookie }
  /** Messages as items of a body, without a mark at the end. */
  | { readonly kind: 'up'; readonly id: number; readonly items: Uint8Array }
  /** What came down in the batch before has been read. */
  | { readonly kind: 'more'; readonly id: number }
  /** Ends the WebSocket, behind what was sent. */
  | { readonly kind: 'end'; readonly id: number }
  | Ask
  /** So much of an answer's body has been read. */
  | { readonly kind: 'read'; readonly id: number; readonly bytes: number }
  /** Nobody wants these any more: all requests. */
  | { readonly kind: 'drop' }

export interface Ask {
  readonly kind: 'ask'
  readonly id: number
  readonly path: string
  /** undefined: with none of ours, as any visitor. */
  readonly cookie: Cookie | undefined
  /** undefined: a GET; else a POST. */
  readonly body: Uint8Array | undefined
}

export type FromPane =
  | { readonly kind: 'upgraded'; readonly id: number }
  | { readonly kind: 'down'; readonly id: number; readonly messages: readonly ArrayBuffer[] }
  /** So many bytes of `up` batches have left the window. */
  | { readonly kind: 'taken'; readonly id: number; readonly bytes: number }
  /** The WebSocket is over, or never was. */
  | { readonly kind: 'ended'; readonly id: number; readonly isClean: boolean }
  | Answer
  | { readonly kind: 'body'; readonly id: number; readonly bytes: Uint8Array }
  /** Whole: the body's end came. Not: there is no answer, or it broke off. */
  | { readonly kind: 'over'; readonly id: number; readonly isWhole: boolean }

export interface Answer {
  readonly kind: 'answer'
  readonly id: number
  readonly status: number
  readonly contentType: string | undefined
  readonly date: string | undefined
}

type Table = Readonly<Record<string, Check<object>>>

const id = integer(0, Number.MAX_SAFE_INTEGER)
const count = id
const words = text(8_192)
const path = text(2_048, /^\/[\x21-\x7e]*$/)
const cookie = fields({ name: text(256, /^[\w.-]+$/), value: text(4_096, /^[\w.~+/=-]*$/) })
const bytes = (max: number): Check<Uint8Array> => only((value) => value instanceof Uint8Array && value.length <= max)
const message: Check<ArrayBuffer> = only(
  (value) => value instanceof ArrayBuffer && value.byteLength > 0 && value.byteLength <= MESSAGE_BYTES_MAX,
)
const hop = fields({ port: integer(1, 65_535), user: words, password: words })

const TO_MAIN: Table = {
  open: fields({
    pane: id,
    partition: text(64, /^[0-9a-f]{1,32}-\d{1,3}$/),
    origin: text(270, /^https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?$/),
    hostName: maybe(text(255, /^[A-Za-z0-9.-]+$/)),
    pin: maybe(bytes(32)),
    hop,
  }),
  why: fields({ pane: id }),
  close: fields({ pane: id }),
}
const FROM_MAIN: Table = {
  opened: fields({ pane: id }),
  gone: fields({ pane: id }),
  told: fields({ pane: id, certificate: maybe(oneOf(['wrong', 'not-yet-valid'])) }),
}
const TO_PANE: Table = {
  upgrade: fields({ id, path, cookie }),
  up: fields({ id, items: bytes(UP_BATCH_BYTES + MESSAGE_BYTES_MAX) }),
  more: fields({ id }),
  end: fields({ id }),
  ask: fields({ id, path, cookie: maybe(cookie), body: maybe(bytes(POST_BYTES_MAX)) }),
  read: fields({ id, bytes: count }),
  drop: fields({}),
}
const FROM_PANE: Table = {
  upgraded: fields({ id }),
  down: fields({ id, messages: list(message, BATCH_COUNT_MAX) }),
  taken: fields({ id, bytes: count }),
  ended: fields({ id, isClean: boolean }),
  answer: fields({ id, status: integer(0, 999), contentType: maybe(words), date: maybe(words) }),
  body: fields({ id, bytes: bytes(BODY_PIECE_BYTES) }),
  over: fields({ id, isWhole: boolean }),
}

/** Each is undefined for anything that is no such message. */
export const readToMain = (value: unknown): ToMain | undefined => read<ToMain>(TO_MAIN, value)
export const readFromMain = (value: unknown): FromMain | undefined => read<FromMain>(FROM_MAIN, value)
export const readToPane = (value: unknown): ToPane | undefined => read<ToPane>(TO_PANE, value)
export const readFromPane = (value: unknown): FromPane | undefined => read<FromPane>(FROM_PANE, value)

function read<Message>(table: Table, value: unknown): Message | undefined {
  const { kind, ...rest } = ((typeof value === 'object' ? value : undefined) ?? {}) as { readonly kind?: unknown }
  const checked = typeof kind === 'string' && Object.hasOwn(table, kind) ? table[kind]?.(rest) : undefined
  return checked && ({ kind, ...checked.value } as Message)
}

function only<T>(isIt: (value: unknown) => boolean): Check<T> {
  return (value) => (isIt(value) ? { value: value as T } : undefined)
}

function maybe<T>(check: Check<T>): Check<T | undefined> {
  return (value) => (value === undefined ? { value } : check(value))
}
