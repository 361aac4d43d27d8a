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

/** What the system refused of a file or folder: `done` is read or written. The code stands where `withAdvice` finds it. */
export function fileRefused(file: string, done: 'read' | 'written', error: unknown): OperatorError {
  const { code } = error as NodeJS.ErrnoException
  const missing = done === 'read' ? 'does not exist' : 'can’t be written: the folder that it belongs into does not exist'
  return new OperatorError(`${file} ${code === 'ENOENT' ? missing : `can’t be ${done} (${code})`}.`, { cause: error })
}

/** What the system refuses is said by its code; whoever can't read that is told what to do. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: make room, then do it again.',
  EDQUOT: 'This user may put no more on that disk: make room, then do it again.',
  EROFS: 'That disk can only be read: choose another, or let it be mounted for writing.',
  EACCES: 'This user may not: do it as root (sudo), or as the user whose folder it is.',
}

/** The message, and what to do about the code that it ends with, where there is anything to say. */
export function withAdvice(message: string): string {
  const code = /\((E[A-Z]+)\)\.$/.exec(message)?.[1]
  const advice = code === undefined ? undefined : ADVICE[code]
  return advice === undefined ? message : `${message} ${advice}`
}
