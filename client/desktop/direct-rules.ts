// Which sites go direct: those of one's own country, and those that the person names. Made of names alone, so nothing is looked up to decide.
import { domainToASCII } from 'node:url'
import { COUNTRY_DOMAINS } from './country-domains.ts'
import { directLimits } from './limits.ts'

export interface DirectChoice {
  readonly isDirect: boolean
  /** ISO 3166; '' for none. */
  readonly country: string
  /** As the person wrote them. */
  readonly hosts: readonly string[]
}

/** Labels of letters, digits and hyphens, in the form that goes into DNS; what stands here can be put into any system's list, and into a script. */
const NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** What a person may type; the reading of a URL's host would skip some other letters and decode others. */
const TYPED = /^[\p{L}\p{N}\p{M}._-]+$/u
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]*)$/

/**
 * Each as `example.com` (this name or address) or `*.example.com` (all names below it). A name that the person gives stands for itself and all below.
 * Throws nothing: what is no name is left out, and goes through Culvert.
 */
export function directRules({ isDirect, country, hosts }: DirectChoice): readonly string[] {
  if (!isDirect) return []
  const domains = Object.hasOwn(COUNTRY_DOMAINS, country) ? (COUNTRY_DOMAINS[country] as readonly string[]) : []
  const rules = [...domains.map((domain) => `*.${domain}`), ...hosts.flatMap(rulesOfHost)]
  return [...new Set(rules)].slice(0, directLimits.rulesMax)
}

function rulesOfHost(text: string): readonly string[] {
  const isBelow = text.startsWith('*.')
  const typed = (isBelow ? text.slice(2) : text).trim().toLowerCase()
  if (ADDRESS.test(typed)) return isBelow ? [] : [typed]
  const name = TYPED.test(typed) ? domainToASCII(typed) : ''
  if (name.length > directLimits.nameMax || !NAME.test(name)) return []
  return isBelow ? [`*.${name}`] : [name, `*.${name}`]
}
