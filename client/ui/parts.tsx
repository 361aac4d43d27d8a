// The few parts that all screens are made of. Each is an ordinary element of the page first, so that keyboards and screen readers know it.
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { useUi } from './context.ts'
import { Icon } from './icons.tsx'
import { uiLimits } from './limits.ts'

interface Titled {
  readonly title: string
  readonly text?: string
  readonly children?: ComponentChildren
}

/** A screen's heading takes the focus when the screen is shown, so that a screen reader says where one is. */
export function Screen({ title, children }: Titled): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <div class="screen">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  )
}

export function Card({ title, text, children }: Titled): JSX.Element {
  const id = useId()
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {text !== undefined && <p class="quiet">{text}</p>}
      {children}
    </section>
  )
}

interface ButtonProps {
  readonly onPress: () => unknown
  readonly children: ComponentChildren
  readonly look?: 'plain' | 'main' | 'danger' | 'link'
  readonly isDisabled?: boolean
  readonly label?: string
}

/** While what it started is under way it can't be pressed again. */
export function Button({ onPress, children, look = 'plain', isDisabled = false, label }: ButtonProps): JSX.Element {
  const [isBusy, setBusy] = useState(false)
  const press = async (): Promise<void> => {
    if (isBusy) return
    setBusy(true)
    try {
      await onPress()
    } finally {
      setBusy(false)
    }
  }
  return (
    <button
      type="button"
      class={`button ${look}`}
      disabled={isDisabled}
      aria-disabled={isBusy}
      aria-label={label}
      onClick={() => void press()}
    >
      {children}
    </button>
  )
}

interface ToggleProps {
  readonly title: string
  readonly text?: string
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => unknown
}

export function Toggle({ title, text, isOn, onChange }: ToggleProps): JSX.Element {
  const id = useId()
  return (
    <div class="toggle">
      <label for={id}>
        <span class="toggle-title" id={`${id}-title`}>
          {title}
        </span>
        {text !== undefined && (
          <span class="quiet" id={`${id}-text`}>
            {text}
          </span>
        )}
      </label>
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={isOn}
        aria-checked={isOn}
        // Of the label, which all may be pressed, this is what it is called; the rest is said once, and after.
        aria-labelledby={`${id}-title`}
        aria-describedby={text === undefined ? undefined : `${id}-text`}
        onChange={(event) => {
          // What it shows is what holds: it moves when the core says so.
          event.currentTarget.checked = isOn
          void onChange(!isOn)
        }}
      />
    </div>
  )
}

interface ChoiceProps<T extends string> {
  readonly title: string
  readonly options: readonly (readonly [T, string])[]
  readonly value: T
  readonly onChange: (value: T) => unknown
}

export function Select<T extends string>({ title, options, value, onChange }: ChoiceProps<T>): JSX.Element {
  const id = useId()
  return (
    <div class="field row">
      <label for={id}>{title}</label>
      <select id={id} value={value} onChange={(event) => void onChange(event.currentTarget.value as T)}>
        {options.map(([option, name]) => (
          <option key={option} value={option} selected={option === value}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}

/** A few choices, side by side. */
export function Segments<T extends string>({ title, options, value, onChange }: ChoiceProps<T>): JSX.Element {
  const name = useId()
  return (
    <fieldset class="segments">
      <legend>{title}</legend>
      <div class="segments-row">
        {options.map(([option, text]) => (
          <label key={option}>
            <input type="radio" name={name} value={option} checked={option === value} onChange={() => void onChange(option)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** Over the screen; Escape closes it, and the focus goes back to where it was, also when the core takes it away. */
export function Dialog({ title, children, onClose }: Titled & { readonly onClose: () => void }): JSX.Element {
  const { say } = useUi()
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    element.current?.showModal()
    return () => before instanceof HTMLElement && before.focus()
  }, [])
  return (
    <dialog ref={element} aria-labelledby={id} onClose={onClose}>
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="button round" aria-label={say('close')} onClick={() => element.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      {children}
    </dialog>
  )
}

/** The exact text of something, before it leaves the app. */
export function TextPreview({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
    <section class="preview" tabIndex={0} aria-label={label}>
      <pre dir="ltr">{text.trimEnd()}</pre>
    </section>
  )
}

/** Puts it on the clipboard, and says in passing whether that went well. */
function useCopy(): (text: string) => Promise<void> {
  const { say, tell } = useUi()
  return async (text) => {
    try {
      await navigator.clipboard.writeText(text)
      tell(say('copied'))
    } catch {
      tell(say('fault_failed'))
    }
  }
}

export function CopyField({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  const { say } = useUi()
  const copy = useCopy()
  return (
    <div class="copy-field">
      <span class="quiet">{name}</span>
      <code dir="ltr">{value}</code>
      <Button look="link" onPress={() => copy(value)} label={`${say('copy')}: ${name}`}>
        <Icon name="copy" />
      </Button>
    </div>
  )
}

/** Words for a person to send on. */
export function CopyText({ text }: { readonly text: string }): JSX.Element {
  const { say } = useUi()
  const copy = useCopy()
  return (
    <>
      <blockquote class="preview">{text}</blockquote>
      <Button onPress={() => copy(text)}>
        <Icon name="copy" />
        {say('copy')}
      </Button>
    </>
  )
}

/** Said in passing, also to screen readers. */
export function Toast({ text, onOver }: { readonly text: string; readonly onOver: () => void }): JSX.Element {
  useEffect(() => {
    const timer = setTimeout(onOver, uiLimits.toastMs)
    return () => clearTimeout(timer)
  }, [text])
  return <div class="toast">{text}</div>
}
