// The colours of charts and pages, for light and dark. Series differ in lightness too, so that they differ in grey and to colour-blind eyes;
// text has at least 4.5 to 1 against its paper (WCAG 2.2, 1.4.3).
export interface Palette {
  readonly paper: string
  readonly card: string
  readonly ink: string
  readonly quiet: string
  readonly rule: string
  readonly link: string
  readonly shade: string
  readonly good: string
  readonly watch: string
  readonly poor: string
  readonly series: readonly string[]
  /** From nothing to most; text on the last two is paper. */
  readonly heat: readonly string[]
  readonly none: string
}

export const PALETTE: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    paper: '#fbfaf8',
    card: '#ffffff',
    ink: '#1b2430',
    quiet: '#5a6572',
    rule: '#dfdcd6',
    link: '#0a5c6b',
    shade: '#b4531f',
    good: '#1f6b45',
    watch: '#8a5a00',
    poor: '#a3291f',
    series: ['#0a6b7c', '#a8471a', '#5b4b9a', '#3f6d2a'],
    heat: ['#eef3f2', '#cfe3e2', '#9fcbcb', '#67acb0', '#28747f', '#0c525f'],
    none: '#e7e4df',
  },
  dark: {
    paper: '#12171d',
    card: '#191f27',
    ink: '#e7eaee',
    quiet: '#a2adb9',
    rule: '#313a45',
    link: '#78cbd6',
    shade: '#e0894f',
    good: '#76c79c',
    watch: '#e0b25c',
    poor: '#f0908a',
    series: ['#5fc3d0', '#f0a070', '#b3a4f0', '#9fd08a'],
    heat: ['#1f2a31', '#22434b', '#256069', '#2d6f79', '#6fb9c1', '#b9e4e8'],
    none: '#2a323b',
  },
}
