// The error for whoever runs the relay: what they can mend, in words for them.

/** Something that the operator can mend; the message is a sentence for them, and no stack trace belongs under it. */
export class OperatorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OperatorError'
  }
}

/** Runs a parser of what was typed for an option; what it finds wrong is said of that option. */
export function option<T>(name: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw error instanceof OperatorError ? new OperatorError(`${name} ${error.message}.`, { cause: error }) : error
  }
}
