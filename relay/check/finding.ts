// One thing that `culvert-relay check` looked at, and what it found, in words for the operator.

export interface Finding {
  /** error: the relay can't serve. warning: it serves, less well or not for long. */
  readonly level: 'ok' | 'warning' | 'error'
  /** What was looked at, one or two words. */
  readonly subject: string
  /** One sentence. */
  readonly says: string
  /** What to do about it; undefined when there is nothing to do. */
  readonly mend: string | undefined
}

export function ok(subject: string, says: string, mend?: string): Finding {
  return { level: 'ok', subject, says, mend }
}

export function warning(subject: string, says: string, mend: string): Finding {
  return { level: 'warning', subject, says, mend }
}

export function error(subject: string, says: string, mend: string): Finding {
  return { level: 'error', subject, says, mend }
}
