// What the suites and their Electron app say to each other.

export type ToApp =
  /** Attaches a dialer; the engine's end of its port pair is the answer's. */
  | { readonly kind: 'attach'; readonly pageFile: string }
  | { readonly kind: 'port'; readonly id: number; readonly data: unknown }
  | { readonly kind: 'port-close'; readonly id: number }
  /** Crashes the renderer of every window. */
  | { readonly kind: 'crash' }
  | {
      readonly kind: 'visit'
      readonly partition: string
      /** undefined: the page that is there. */
      readonly url: string | undefined
      readonly script: string
      readonly userAgent: string
      readonly languages: string
    }
  /** Leads so many new partitions to the port, one after the other, and asks something of each at once. */
  | { readonly kind: 'lead'; readonly partitions: number; readonly port: number }
  | { readonly kind: 'count' }
  | { readonly kind: 'quit' }

export type FromApp =
  | { readonly kind: 'ready' }
  | { readonly kind: 'attached'; readonly id: number }
  | { readonly kind: 'port'; readonly id: number; readonly data: unknown }
  | { readonly kind: 'port-closed'; readonly id: number }
  | { readonly kind: 'visited'; readonly result: unknown }
  /** What became of the questions: a status, or an error. */
  | { readonly kind: 'led'; readonly outcomes: readonly string[] }
  | { readonly kind: 'counted'; readonly windows: number; readonly all: number }
