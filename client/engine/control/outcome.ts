// What link and probes report to control: plain facts, each with the way that it is about. Times are durations; the moment comes beside them.
//
// The life of an attempt, as link tells it:
//   dialling → dialled → (rate, heard, late …) → retired | died
//            → dial-failed
//            → cancelled                        another attempt of the race was faster
import type { WayFault, WayStep } from '../../contract/doctor.ts'
import type { Way } from './way.ts'

/** How far a dial came before it failed. `reply`: the request was taken, and the first message never came. */
export type DialStep = Exclude<WayStep, 'carry'>

export type DialFault = WayFault

export type Outcome =
  | { readonly kind: 'dialling'; readonly way: Way }
  | { readonly kind: 'cancelled'; readonly way: Way }
  /** The relay's first message came, `ms` after the dial began. */
  | {
      readonly kind: 'dialled'
      readonly way: Way
      readonly ms: number
      /** Of carriers to the same host that lived meanwhile, the longest. */
      readonly roundTripMs?: number | undefined
    }
  | { readonly kind: 'dial-failed'; readonly way: Way; readonly step: DialStep; readonly fault: DialFault; readonly afterMs: number }
  /** About once a second for each carrier that has more to carry than it can: never while it idles. */
  | {
      readonly kind: 'rate'
      readonly way: Way
      /** Both directions, of this carrier, since the last report. */
      readonly bytesPerS: number
      /** Of this carrier, so far. */
      readonly receivedBytes: number
      readonly sentBytes: number
      readonly livedMs: number
    }
  /** A carrier brought something since link last looked, if only an answer. */
  | { readonly kind: 'heard'; readonly way: Way }
  /** An answer is overdue on a carrier. Told once, until it is heard again. */
  | { readonly kind: 'late'; readonly way: Way }
  /** Ended against our will: `silent` is ours to say, when an answer is long overdue. */
  | {
      readonly kind: 'died'
      readonly way: Way
      readonly how: 'reset' | 'silent' | 'closed'
      readonly receivedBytes: number
      readonly sentBytes: number
      /** From the first message until the last byte came. */
      readonly livedMs: number
    }
  /** Ended because we wanted so: rotated, or not needed any more. */
  | { readonly kind: 'retired'; readonly way: Way; readonly receivedBytes: number; readonly sentBytes: number; readonly livedMs: number }
  | { readonly kind: 'probed'; readonly result: ProbeResult }
  /** The operating system's word on whether there is any interface with an address. */
  | { readonly kind: 'interface'; readonly isUp: boolean }

export type Probe =
  /** TCP, TLS and one request for the Date header, to a host of the policy. */
  | { readonly kind: 'canary'; readonly side: 'domestic' | 'foreign'; readonly address: string }
  /** One QUIC packet of a version that does not exist, which a QUIC server answers with those that do. */
  | { readonly kind: 'udp'; readonly address: string }
  /** One plain request to port 80 of a canary. */
  | { readonly kind: 'portal'; readonly address: string }
  /** TCP and TLS to a way's endpoint, as a visitor, without admission. */
  | { readonly kind: 'way'; readonly way: Way }
  /** What this network says of the endpoint's name, against what a resolver of the policy says; without one, whether it can be true at all. */
  | { readonly kind: 'dns'; readonly way: Way; readonly resolver: string | undefined }

export type ProbeResult =
  /** `clockOffsetMs`: the site's clock minus ours, where it told. */
  | {
      readonly kind: 'canary'
      readonly side: 'domestic' | 'foreign'
      readonly address: string
      readonly fault: DialFault | undefined
      readonly clockOffsetMs: number | undefined
    }
  | { readonly kind: 'udp'; readonly address: string; readonly answers: boolean }
  | { readonly kind: 'portal'; readonly found: 'portal' | 'none' | 'nothing' }
  | {
      readonly kind: 'way'
      readonly way: Way
      readonly failed: { readonly step: DialStep; readonly fault: DialFault; readonly afterMs: number } | undefined
    }
  /** `lie`: an address that cannot be right, or one where something else answers. */
  | { readonly kind: 'dns'; readonly way: Way; readonly found: 'same' | 'lie' | 'unknown' }

/** Somebody answers, and it may well be who it should be: what is wrong is the time, here or there, and no word of a censor. */
export function isOfTime(fault: DialFault): boolean {
  return fault === 'clock' || fault === 'expired'
}
