// What the engine and the hidden windows of the desktop app say to each other, and the check that each side makes of what it is sent.
//
// 1. engine → main process, on one port for all: open a pane (a hidden window with a partition of its own), why did it fail, close it
// 2. main process → engine, on that port: what the window's network stack told of a failure; the window is gone
// 3. engine ⇄ window, on the pane's line, a WebSocket to the engine's hop on loopback: one WebSocket of a carrier, or requests. Its text messages are the
//    messages below, as JSON; its binary messages are bytes of whatever the last 'bytes' named; each way no more than the other side has room for
// 4. window → main process, on JAR_CHANNEL: the cookie of its next request, or undefined for none
import { boolean, type Check, fields, integer, oneOf, text } from './check.ts'

/** Which window: given by the engine, never used twice in a run. */
export type PaneId = number

/** A window has so much to send at most before the carrier has no room: what 30 MB/s brings in 35 ms. */
export const UP_BYTES_MAX = 1_048_576
/** Of one answer's body, so much is on its way to the engine at most; the rest holds up its sender. */
export const BODY_BYTES_MAX = 1_048_576
/** What has left is told, and what has been read, when it is so much: each costs a message of its own. */
export const CREDIT_BYTES = 131_072
/** The largest message of a carrier (SPEC.md §2.4), and so of the line: bodies go in pieces of this size. */
export const MESSAGE_BYTES_MAX = 65_535

export const JAR_CHANNEL = 'culvert:jar'

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
export type CertificateFault = 'wrong' | 'not-yet-valid' | 'expired'

export type FromMain =
  /** The window could not be had, or is gone. */
  { readonly kind: 'gone'; readonly pane: PaneId } | Told

export interface Told {
  readonly kind: 'told'
  readonly pane: PaneId
  readonly certificate: CertificateFault | undefined
}

/** `id`: of the WebSocket or the request, given by the engine, never used twice on a pane. */
export type ToPane =
  | Bytes
  | { readonly kind: 'upgrade'; readonly id: number; readonly path: string; readonly cookie: Cookie }
  /** Ends the WebSocket, behind what was sent. */
  | { readonly kind: 'end'; readonly id: number }
  | Ask
  /** So much of an answer's body has been read. */
  | { readonly kind: 'read'; readonly id: number; readonly bytes: number }
  /** Nobody wants these any more: all requests. */
  | { readonly kind: 'drop' }

/** Binary messages are of this one from now on: each a message of a WebSocket, the body of a POST, or a piece of an answer's. */
export interface Bytes {
  readonly kind: 'bytes'
  readonly id: number
}

export interface Ask {
  readonly kind: 'ask'
  readonly id: number
  readonly path: string
  /** undefined: with none of ours, as any visitor. */
  readonly cookie: Cookie | undefined
  /** A POST, whose body is the next binary message; else a GET. */
  readonly hasBody: boolean
}

export type FromPane =
  | Bytes
  | { readonly kind: 'upgraded'; readonly id: number }
  /** So many bytes for a WebSocket have left the window. */
  | { readonly kind: 'taken'; readonly id: number; readonly bytes: number }
  /** The WebSocket is over, or never was. */
  | { readonly kind: 'ended'; readonly id: number; readonly isClean: boolean }
  | Answer
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
const pin: Check<Uint8Array> = (value) => (value instanceof Uint8Array && value.length <= 32 ? { value } : undefined)
const hop = fields({ port: integer(1, 65_535), user: words, password: words })

const TO_MAIN: Table = {
  open: fields({
    pane: id,
    partition: text(64, /^[0-9a-f]{1,32}-\d{1,3}$/),
    origin: text(270, /^https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?$/),
    hostName: maybe(text(255, /^[A-Za-z0-9.-]+$/)),
    pin: maybe(pin),
    hop,
  }),
  why: fields({ pane: id }),
  close: fields({ pane: id }),
}
const FROM_MAIN: Table = {
  gone: fields({ pane: id }),
  told: fields({ pane: id, certificate: maybe(oneOf(['wrong', 'not-yet-valid', 'expired'])) }),
}
const TO_PANE: Table = {
  bytes: fields({ id }),
  upgrade: fields({ id, path, cookie }),
  end: fields({ id }),
  ask: lineFields({ id, path, cookie: maybe(cookie), hasBody: boolean }),
  read: fields({ id, bytes: count }),
  drop: fields({}),
}
const FROM_PANE: Table = {
  bytes: fields({ id }),
  upgraded: fields({ id }),
  taken: fields({ id, bytes: count }),
  ended: fields({ id, isClean: boolean }),
  answer: lineFields({ id, status: integer(0, 999), contentType: maybe(words), date: maybe(words) }),
  over: fields({ id, isWhole: boolean }),
}

/** Each is undefined for anything that is no such message. */
export const readJarCookie = (value: unknown): Cookie | undefined => cookie(value)?.value as Cookie | undefined
export const readToMain = (value: unknown): ToMain | undefined => read<ToMain>(TO_MAIN, value)
export const readFromMain = (value: unknown): FromMain | undefined => read<FromMain>(FROM_MAIN, value)
export const readToPane = (json: string): ToPane | undefined => read<ToPane>(TO_PANE, parse(json))
export const readFromPane = (json: string): FromPane | undefined => read<FromPane>(FROM_PANE, parse(json))

function read<Message>(table: Table, value: unknown): Message | undefined {
  const { kind, ...rest } = ((typeof value === 'object' ? value : undefined) ?? {}) as { readonly kind?: unknown }
  const checked = typeof kind === 'string' && Object.hasOwn(table, kind) ? table[kind]?.(rest) : undefined
  return checked && ({ kind, ...checked.value } as Message)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** JSON leaves out what is undefined. */
function lineFields(checks: Readonly<Record<string, Check<unknown>>>): Check<object> {
  const blank = Object.fromEntries(Object.keys(checks).map((name) => [name, undefined]))
  const check = fields(checks)
  return (value) => check({ ...blank, ...(value as object) })
}

function maybe<T>(check: Check<T>): Check<T | undefined> {
  return (value) => (value === undefined ? { value } : check(value))
}
