// The error for whoever runs a store: what they can mend, in words for them.

/** Something that the operator can mend; the message is a sentence for them, and no stack trace belongs under it. */
export class StoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
  }
}
