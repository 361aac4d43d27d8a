// What a censor does who counts: bytes, rate, age and number of flows.
import type { NamedPlace } from '../atlas.ts'
import { between, passing, RESET, type Recipe } from '../recipe.ts'

const FLOWS_MAX = 65_535
const KIB = 1024

export interface Freeze {
  readonly afterKib?: number
  /** Without it, all flows abroad. */
  readonly places?: readonly NamedPlace[]
}

/** Russia, since June 2025: flows to hosting providers and CDNs abroad fall silent 15 to 20 KB down. */
export const freeze = ({ afterKib = 16, places }: Freeze = {}): Recipe => ({
  name: `freeze-${afterKib}`,
  sentence: `A TCP flow abroad falls silent, both ways and without a word, once ${afterKib} KiB have come down.`,
  verdict: 'interfered',
  rules: () => passing(...between(places, `meta l4proto tcp ct reply bytes > ${afterKib * KIB} drop`)),
})

export interface Throttle {
  readonly kbit?: number
  readonly afterKib?: number
  readonly places?: readonly NamedPlace[]
}

/** By dropping what is too much, as Russia's TSPU was seen to do to Twitter in 2021 ("Throttling Twitter", IMC 2021); each flow by itself. */
export const throttle = ({ kbit = 128, afterKib = 100, places }: Throttle = {}): Recipe => {
  const meter = (name: string): string => `set ${name} { typeof ct id; flags dynamic,timeout; timeout 10m; size ${FLOWS_MAX}; }`
  const tooMuch = (name: string): string =>
    `meta l4proto tcp ct bytes > ${afterKib * KIB} update @${name} { ct id limit rate over ${Math.round((kbit * 1000) / 8)} bytes/second burst ${BURST_BYTES} bytes } drop`
  return {
    name: 'throttle',
    sentence: `A TCP flow abroad gets no more than ${kbit} kbit/s each way once it has carried ${afterKib} KiB.`,
    verdict: 'throttled',
    rules: () => {
      const directions = between(places, '').map((match) => `${match}${tooMuch(match.startsWith('iifname client') ? 'up' : 'down')}`)
      return `${meter('up')}\n${meter('down')}\n${passing(...directions)}`
    },
  }
}

/** Room for two bursts of four segments: less, and some packets could never pass. */
const BURST_BYTES = 12_000

export interface FlowKill {
  readonly afterS?: number
  readonly by?: 'reset' | 'silence'
  readonly places?: readonly NamedPlace[]
}

/** A flow's age counts from its first packet under the recipe. */
export const flowKill = ({ afterS = 60, by = 'reset', places }: FlowKill = {}): Recipe => ({
  name: 'flow-kill',
  sentence: `No TCP flow abroad gets older than ${afterS} s: then it ${by === 'reset' ? 'is reset' : 'falls silent'}.`,
  verdict: 'interfered',
  rules: () => `set seen { typeof ct id; flags dynamic,timeout; timeout 1d; size ${FLOWS_MAX}; }
set young { typeof ct id; flags dynamic,timeout; timeout ${afterS}s; size ${FLOWS_MAX}; }
chain judge {
 ct id != @seen add @young { ct id } add @seen { ct id } return
 ct id != @young ${by === 'reset' ? RESET : 'drop'}
}
${passing(...between(places, 'meta l4proto tcp jump judge'))}`,
})

export interface FlowLimit {
  readonly flows?: number
  readonly places?: readonly NamedPlace[]
}

const WINDOW_S = 30

/** Russia 2025: limits on new flows per destination and fingerprint. Those over the limit are not answered. */
export const tlsFlowLimit = ({ flows = 6, places }: FlowLimit = {}): Recipe => {
  const meter = (family: 'ip' | 'ip6'): string =>
    `set new_${family} { typeof ${family} daddr; flags dynamic,timeout; timeout ${WINDOW_S}s; size ${FLOWS_MAX}; }`
  const over = (family: 'ip' | 'ip6'): string =>
    `update @new_${family} { ${family} daddr limit rate over ${(flows * 60) / WINDOW_S}/minute burst ${flows} packets } drop`
  return {
    name: 'tls-flow-limit',
    sentence: `An address abroad gets ${flows} new TLS flows in ${WINDOW_S} s; further ones are not answered.`,
    verdict: 'interfered',
    rules: () => {
      const opening = between(places, 'ct state new tcp dport 443').filter((rule) => rule.startsWith('iifname client'))
      return `${meter('ip')}\n${meter('ip6')}\nchain count {\n ${over('ip')}\n ${over('ip6')}\n}\n${passing(...opening.map((rule) => `${rule} jump count`))}`
    },
  }
}
