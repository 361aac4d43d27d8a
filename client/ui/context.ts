// What every screen has at hand: the status, the words of the chosen language, and how to ask the core for something.
import { type Context, createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { AppStatus } from '../contract/app-status.ts'
import type { CommandName, Fault, PayloadOf, SendCommand } from '../contract/commands.ts'
import type { Key } from '../words/en.ts'
import type { Words } from '../words/words.ts'

export interface Ui {
  readonly status: AppStatus
  readonly words: Words
  readonly say: Words['say']
  readonly send: SendCommand
  /** Sends, and tells in passing what went wrong. Says whether it was done. */
  readonly ask: <N extends CommandName>(name: N, ...payload: PayloadOf<N> extends undefined ? [] : [PayloadOf<N>]) => Promise<boolean>
  /** Tells something in passing. */
  readonly tell: (text: string) => void
}

export const UiContext: Context<Ui | undefined> = createContext<Ui | undefined>(undefined)

export function useUi(): Ui {
  const ui = useContext(UiContext)
  if (ui === undefined) throw new Error('a screen is shown inside the app')
  return ui
}

/** The time, as often as it is wanted while this is shown. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

/** The key of a code's words: `fault_` and `not-saved` make `fault_not_saved`. */
export function keyOf(prefix: string, code: string): Key {
  return `${prefix}_${code.replaceAll('-', '_')}` as Key
}

export function faultKey(fault: Fault): Key {
  return keyOf('fault', fault)
}
