// What the processes of one relay say to each other.
import type { RelayConfig } from '../config.ts'
import type { Snapshot, TlsPair } from '../serve.ts'
import type { Announcement } from './elsewhere.ts'

export type ToWorker =
  | {
      readonly kind: 'start'
      readonly config: RelayConfig
      readonly folder: string
      readonly allow: readonly string[]
      readonly count: number
      readonly socketFile: string
      readonly tls: TlsPair | undefined
    }
  /** Comes with the socket. */
  | { readonly kind: 'socket' }
  | { readonly kind: 'announcement'; readonly one: Announcement }
  | { readonly kind: 'certificate'; readonly tls: TlsPair }
  | { readonly kind: 'drain' }
  | { readonly kind: 'open' }

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly words: string }
  | { readonly kind: 'announcement'; readonly one: Announcement }
  | { readonly kind: 'report'; readonly snapshot: Snapshot; readonly sockets: number }
  | { readonly kind: 'drained' }
