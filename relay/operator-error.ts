// The error for whoever runs the relay: what they can mend, in words for them.

/** Something that the operator can mend; the message is a sentence for them, and no stack trace belongs under it. */
export class OperatorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OperatorError'
  }
}
