// The style sheet of a generated site: the same few intentions, never the same text twice.
import type { Dice } from './dice.ts'
import type { Face, Role } from './face.ts'
import { lines } from './words.ts'

interface Rule {
  readonly selector: string
  /** `name: value`, each. */
  readonly declarations: readonly string[]
}

/** Chooses the selector of a role, this time. */
type At = (role: Role) => string

const BODY_FONTS = lines(`
  Georgia, serif
  system-ui, sans-serif
  "Palatino Linotype", Palatino, serif
  Verdana, Geneva, sans-serif
  "Helvetica Neue", Arial, sans-serif
  Charter, "Bitstream Charter", serif
  Cambria, Georgia, serif
  "Trebuchet MS", sans-serif
  "Gill Sans", Calibri, sans-serif
  Tahoma, sans-serif
  Optima, Candara, sans-serif
  "Times New Roman", Times, serif
  "Segoe UI", Roboto, sans-serif`)
const CODE_FONTS = lines(`
  monospace
  Consolas, monospace
  Menlo, Monaco, monospace
  "Courier New", monospace
  ui-monospace, monospace`)

/** What stands for a role whose element has no class. */
const ELEMENTS: Readonly<Record<Role, string>> = {
  page: 'body',
  header: 'header',
  brand: 'p',
  tagline: 'p',
  nav: 'nav',
  main: 'main',
  banner: 'figure',
  gallery: 'div',
  figure: 'figure',
  table: 'table',
  quote: 'blockquote',
  links: 'ul',
  note: 'span',
  footer: 'footer',
}

/** usesCode: whether any page shows code, so that nothing is styled that is nowhere. */
export function renderStyle(face: Face, usesCode: boolean, dice: Dice): string {
  const at: At = (role) => {
    const name = face.classes[role]
    if (name === undefined) return role === 'main' ? face.mainTag : ELEMENTS[role]
    return ['nav', 'table', 'quote', 'figure'].includes(role) && dice.chance(0.15) ? `${ELEMENTS[role]}.${name}` : `.${name}`
  }
  const rules = [
    ...groundRules(face, at, dice),
    ...headerRules(face, at, dice),
    ...navRules(face, at, dice),
    ...contentRules(face, at, dice),
  ]
  return serialise(usesCode ? [...rules, ...codeRules(face, dice)] : rules, narrowRules(face, at), dice)
}

function groundRules(face: Face, at: At, dice: Dice): Rule[] {
  const { palette, layout } = face
  const width = dice.pick([`${dice.between(30, 48)}rem`, `${dice.between(560, 1080)}px`, `${dice.between(58, 84)}ch`])
  const body = `font-family: ${dice.pick(BODY_FONTS)}; font-size: ${dice.pick(['16px', '17px', '18px', '1rem', '1.1rem', '1.05em', '100%', '112%'])};
    line-height: ${dice.between(135, 175) / 100}; color: ${palette.ink}; ${dice.pick(['background', 'background-color'])}: ${palette.paper}`
  const columns = `display: grid; grid-template-columns: ${dice.between(11, 17)}rem 1fr; gap: ${some(dice, 1, 4)}; max-width: ${dice.between(56, 76)}rem`
  const room = `${layout === 'side' ? columns : `max-width: ${width}`}; margin: ${dice.pick(['0 auto', 'auto', `${some(dice, 0.5, 3)} auto`])};
    padding: ${some(dice, 0.5, 2.5)} ${some(dice, 0.7, 2)}`
  const isBare = face.classes.page === undefined
  return [
    ...maybe(dice, 0.5, rule(dice.pick(['*', '*, *::before, *::after', 'html']), 'box-sizing: border-box')),
    ...(isBare ? [rule('body', body, room)] : [rule('body', body, 'margin: 0'), rule(at('page'), room)]),
    rule('a', `color: ${palette.accent}`, dice.pick(['', 'text-decoration: none', 'text-decoration: underline dotted', ''])),
    rule('img', 'max-width: 100%', dice.pick(['', 'height: auto', 'height: auto; display: block', 'display: block'])),
  ]
}

function headerRules({ palette, layout }: Face, at: At, dice: Dice): Rule[] {
  const edge = `${dice.pick(['border-bottom', 'border-top'])}: ${dice.between(1, 4)}px ${dice.pick(['solid', 'dotted', 'double', 'dashed'])}`
  return [
    rule(
      at('header'),
      `margin-bottom: ${some(dice, 0.6, 3)}`,
      layout === 'centred' ? 'text-align: center' : '',
      layout !== 'side' && dice.chance(0.6) ? `${edge} ${dice.pick([palette.soft, palette.accent, palette.ink])}` : '',
      dice.chance(0.25) ? `background: ${palette.soft}; padding: ${some(dice, 0.5, 2)}` : '',
    ),
    rule(
      at('brand'),
      `font-size: ${dice.between(120, 260) / 100}${dice.pick(['em', 'rem'])}; margin: ${dice.pick(['0', '0 0 .3em', '.2em 0'])}`,
      `font-weight: ${dice.pick(['bold', 'normal', '600', '300', '700'])}`,
      dice.chance(0.3) ? `letter-spacing: ${dice.between(1, 9) / 100}em` : '',
    ),
    rule(`${at('brand')} a`, ...dice.shuffle([`color: ${dice.pick(['inherit', palette.ink, palette.accent])}`, 'text-decoration: none'])),
    rule(
      at('tagline'),
      `color: ${dice.pick([palette.accent, palette.ink])}; font-style: ${dice.pick(['italic', 'normal'])}; margin: ${dice.pick(['0', '.2em 0 1em', '0 0 1rem'])}`,
    ),
  ]
}

function navRules({ palette, layout, navList, here }: Face, at: At, dice: Dice): Rule[] {
  const flow = `display: flex; flex-wrap: wrap; gap: ${some(dice, 0.5, 1.6)}${layout === 'centred' ? '; justify-content: center' : ''}`
  const row = layout === 'side' ? '' : flow
  const current = dice.pick([
    `color: ${palette.ink}`,
    'font-weight: bold',
    'text-decoration: none',
    `border-bottom: 2px solid ${palette.accent}`,
  ])
  return [
    navList
      ? rule(`${at('nav')} ul`, `list-style: none; padding: 0; margin: ${dice.pick(['0', `${some(dice, 0.2, 1)} 0`])}`, row)
      : rule(at('nav'), row || 'line-height: 2'),
    ...(layout === 'side' && !navList ? [rule(`${at('nav')} a`, 'display: block')] : []),
    ...(here ? [rule(here[0] === 'class' ? dice.pick([`.${here[1]}`, `a.${here[1]}`]) : `${at('nav')} a[${here[0]}]`, current)] : []),
  ]
}

function contentRules({ palette, layout }: Face, at: At, dice: Dice): Rule[] {
  const narrowest = `${dice.between(200, 320)}px`
  const columns = dice.pick([
    `repeat(auto-fit, minmax(${narrowest}, 1fr))`,
    '1fr 1fr',
    `repeat(auto-fill, minmax(${narrowest}, 1fr))`,
    'repeat(2, 1fr)',
  ])
  const fade = (): string => `opacity: ${dice.between(60, 90) / 100}`
  const small = (): string => `font-size: ${dice.pick(['.85em', '.9rem', 'smaller', '.8em', '.92rem', 'small'])}`
  const optional = [
    rule('h1', `line-height: ${dice.between(105, 130) / 100}; font-weight: ${dice.pick(['bold', 'normal', '600'])}`),
    rule(
      'h2',
      `font-size: ${dice.between(110, 160) / 100}em; margin-top: ${some(dice, 1, 2.6)}; color: ${dice.pick([palette.ink, palette.accent])}`,
    ),
    rule(at('figure'), `margin: ${dice.pick(['0', `0 0 ${some(dice, 0.5, 2)}`])}`),
    rule('figcaption', small(), fade()),
    rule(at('note'), fade(), small(), dice.chance(0.6) ? 'display: block' : ''),
    rule(
      at('quote'),
      `border-left: ${dice.between(2, 6)}px solid ${palette.accent}; margin: ${some(dice, 1, 2)} 0; padding-left: ${some(dice, 0.6, 1.6)}`,
    ),
    rule(at('links'), `padding-left: ${dice.pick(['0', '1.2em', '1rem'])}; list-style: ${dice.pick(['none', 'square', 'disc', 'circle'])}`),
    rule(`${at('links')} li`, `margin-bottom: ${some(dice, 0.4, 1.4)}`),
    rule(`${at('banner')} img`, 'width: 100%'),
    rule(at('banner'), `margin: 0 0 ${some(dice, 0.8, 2.4)}`),
  ]
  return [
    rule(at('gallery'), `display: grid; grid-template-columns: ${columns}; gap: ${some(dice, 0.4, 2)}`),
    rule(at('table'), `border-collapse: collapse; width: ${dice.pick(['100%', 'auto', '100%'])}`),
    rule(
      dice.pick([`${at('table')} td`, 'td, th', 'td', 'th, td']),
      `padding: ${some(dice, 0.2, 0.6)} ${some(dice, 0.4, 1)}; border-bottom: 1px solid ${palette.soft}`,
      dice.chance(0.5) ? 'text-align: left' : '',
    ),
    rule(
      at('footer'),
      `margin-top: ${some(dice, 1.5, 4)}`,
      small(),
      dice.chance(0.5) ? `border-top: 1px solid ${palette.soft}` : '',
      layout === 'side' ? 'grid-column: 1 / -1' : '',
    ),
    ...optional.filter(() => dice.chance(0.75)),
  ]
}

function codeRules({ palette }: Face, dice: Dice): Rule[] {
  return [
    rule(
      'pre',
      `background: ${palette.soft}; padding: ${some(dice, 0.5, 1.4)}; overflow: auto`,
      dice.chance(0.5) ? `border-radius: ${dice.between(2, 9)}px` : '',
    ),
    rule('code', `font-family: ${dice.pick(CODE_FONTS)}; font-size: ${dice.pick(['.9em', '.85em', '14px', '.95em'])}`),
  ]
}

/** For small screens. */
function narrowRules(face: Face, at: At): Rule[] {
  if (face.layout !== 'side') return [rule(at('gallery'), 'grid-template-columns: 1fr')]
  return [rule(face.classes.page === undefined ? 'body' : at('page'), 'display: block')]
}

function rule(selector: string, ...texts: readonly string[]): Rule {
  const declarations = texts.flatMap((text) => text.split(';')).map((text) => text.trim())
  return { selector, declarations: declarations.filter((text) => text !== '') }
}

function maybe(dice: Dice, probability: number, one: Rule): Rule[] {
  return dice.chance(probability) ? [one] : []
}

/** A length, in this or that unit. */
function some(dice: Dice, low: number, high: number): string {
  const em = low + dice.fraction() * (high - low)
  const text = String(Math.round(em * 100) / 100).replace(/^0\./, dice.chance(0.5) ? '.' : '0.')
  return dice.pick([`${text}em`, `${text}rem`, `${Math.round(em * 16)}px`])
}

function serialise(rules: readonly Rule[], narrow: readonly Rule[], dice: Dice): string {
  const indent = dice.pick(['  ', '    ', '\t', undefined, ''])
  const gap = dice.pick(['\n', ''])
  const block = ({ selector, declarations }: Rule, margin: string): string => {
    const said = dice.chance(0.5) ? dice.shuffle(declarations) : declarations
    if (indent === undefined) return `${selector}{${said.map((text) => text.replace(': ', ':').replaceAll(', ', ',')).join(';')}}`
    if (indent === '') return `${margin}${selector} { ${said.join('; ')}; }\n`
    return `${margin}${selector} {\n${said.map((text) => `${margin}${indent}${text};\n`).join('')}${margin}}\n`
  }
  const ordered = dice.chance(0.5) ? rules : [...rules.slice(0, 3), ...dice.shuffle(rules.slice(3))]
  const text = ordered.map((one) => block(one, '')).join(indent === undefined ? '' : gap)
  if (dice.chance(0.3)) return `${text}\n`
  const width = dice.pick([`${dice.between(30, 48)}em`, `${dice.between(480, 800)}px`, `${dice.between(30, 50)}rem`])
  const query = `@media ${dice.pick(['', 'screen and ', 'only screen and '])}(max-width: ${width})`
  const inner = narrow.map((one) => block(one, indent ?? '')).join('')
  return indent === undefined ? `${text}${query.replace(': ', ':')}{${inner}}` : `${text}${gap}${query} {\n${inner}}\n`
}
