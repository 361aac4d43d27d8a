// The pictures: drawn by strokes in the colour of the text beside them, and hidden from screen readers, which read that text.
import type { JSX } from 'preact'

const PATHS = {
  home: 'M4 11.5 12 5l8 6.5M6.5 10v9h11v-9',
  network:
    'M12 12v5M12 12 6 17M12 12l6 5M12 8.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm0 0V12M5 19.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Zm7 1a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Zm7-1a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z',
  share:
    'M5 10h14v9.5H5zM3.5 6.5h17V10h-17zM12 6.5v13M12 6.5C9 6.5 7.5 5.5 7.5 4.3 7.5 3.4 8.2 3 9 3c1.5 0 3 1.8 3 3.5 0-1.7 1.5-3.5 3-3.5.8 0 1.5.4 1.5 1.3 0 1.2-1.5 2.2-4.5 2.2Z',
  settings:
    'M4 7h9M17.5 7H20M15.25 9.25a2.25 2.25 0 1 0 0-4.5 2.25 2.25 0 0 0 0 4.5ZM4 17h2.5M11 17h9M8.75 19.25a2.25 2.25 0 1 0 0-4.5 2.25 2.25 0 0 0 0 4.5Z',
  help: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM9.5 9.5a2.5 2.5 0 1 1 3.7 2.2c-.8.4-1.2.9-1.2 1.8M12 16.6v.1',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  close: 'm6 6 12 12M18 6 6 18',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  warning: 'M12 4 2.8 19.5h18.4L12 4Zm0 6v4.5M12 17v.1',
  info: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 11v5.5M12 7.7v.1',
  camera: 'M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4Z',
  screen: 'M3.5 5h17v11h-17zM9 20h6M12 16v4',
  file: 'M6.5 3.5h7l4 4v13h-11zM13.5 3.5v4h4',
  copy: 'M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4',
  down: 'M12 5v13M6.5 12.5 12 18l5.5-5.5',
  up: 'M12 19V6M6.5 11.5 12 6l5.5 5.5',
  shield: 'M12 3.5 5 6v5.5c0 4.5 3 7.5 7 9 4-1.5 7-4.5 7-9V6l-7-2.5Z',
} as const

export function Icon({ name }: { readonly name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** A stream that passes under a wall. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <path class="mark-wall" d="M6 33V15a3 3 0 0 1 3-3h30a3 3 0 0 1 3 3v18" />
      <path class="mark-arch" d="M14 33v-3a10 10 0 0 1 20 0v3" />
      <path class="mark-water" d="M4 38c4-3 8-3 12 0s8 3 12 0 8-3 12 0 4 1 4 0" />
    </svg>
  )
}
