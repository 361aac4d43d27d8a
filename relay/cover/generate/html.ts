// HTML as text, in its author's manner: indented or not, with or without the old slash.

export type Node = string | Element
export type Attribute = readonly [name: string, value: string]

export interface Element {
  readonly tag: string
  readonly attributes: readonly Attribute[]
  readonly children: readonly Node[]
}

export interface Manner {
  /** One step of indentation; undefined: everything in few lines, as generators write. */
  readonly indent: string | undefined
  /** ` /` or nothing, before the > of an element without content. */
  readonly voidSlash: string
}

/** Elements that stay on one line with their text. */
const INLINE = new Set('a p h1 h2 h3 li td th title figcaption span strong em small cite pre code'.split(' '))
const VOID = new Set('meta link img hr br'.split(' '))

export function el(tag: string, attributes: readonly Attribute[], children: readonly Node[] = []): Element {
  return { tag, attributes, children }
}

/** A whole document around its html element. */
export function writeDocument(html: Element, manner: Manner): string {
  return `<!${manner.voidSlash ? 'DOCTYPE' : 'doctype'} html>\n${write(html, manner, 0)}\n`
}

function write(node: Node, manner: Manner, depth: number): string {
  if (typeof node === 'string') return escapeText(node)
  const attributes = node.attributes.map(([name, value]) => ` ${name}="${escapeText(value)}"`).join('')
  if (VOID.has(node.tag)) return `<${node.tag}${attributes}${manner.voidSlash}>`
  const open = `<${node.tag}${attributes}>`
  const close = `</${node.tag}>`
  if (INLINE.has(node.tag) || node.children.every((child) => typeof child === 'string'))
    return open + node.children.map((child) => write(child, manner, depth)).join('') + close
  if (manner.indent === undefined)
    return open + node.children.map((child) => write(child, manner, 0)).join(node.tag === 'body' || node.tag === 'html' ? '\n' : '') + close
  const step = node.tag === 'html' ? '' : manner.indent
  const at = node.tag === 'html' ? 0 : depth + 1
  const margin = manner.indent.repeat(depth)
  return `${open}\n${node.children.map((child) => `${margin}${step}${write(child, manner, at)}\n`).join('')}${margin}${close}`
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
