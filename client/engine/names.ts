// Whether this network lies about a name. Large sites answer each resolver with what is near to it, so that another answer than a resolver's abroad gets
// is no lie: where it leads, somebody must fail to be who the name belongs to.
//
// 1. what this network says, and whether that can be anywhere on the internet      compareNames
// 2. what a resolver of the policy says, over HTTPS: alike in part is the same     resolveOverHttps
// 3. unlike: TLS with both, as a visitor; their certificates decide                 judgeAnswers
import { lookup } from 'node:dns/promises'
import { get as getSecurely } from 'node:https'
import { decode, encode } from 'dns-packet'
import ipaddr from 'ipaddr.js'
import type { Random } from '#protocol'
import { checkedLookup } from '#protocol/node'
import { isPublicAddress } from './askable.ts'
import { type DialFault, isOfTime, type ProbeResult } from './control/outcome.ts'
import { probeRunLimits } from './limits.ts'

type Found = Extract<ProbeResult, { readonly kind: 'dns' }>['found']

/** Finishes TLS at this address as with the name's own endpoint; says why not, where it does not. Never rejects. */
export type Knock = (address: string) => Promise<DialFault | undefined>

/** Where nothing on the internet stands, and where liars lead. Documentation's ranges, which ipaddr.js calls reserved, are the lab's. */
const NOWHERE: ReadonlySet<string> = new Set([
  'unspecified',
  'broadcast',
  'multicast',
  'linkLocal',
  'loopback',
  'carrierGradeNat',
  'private',
])

/** RFC 1035 §4.1.1. */
const RECURSION_DESIRED = 256

/** What this network says of a name, against a resolver over HTTPS; without one, whether it can be true at all. Never rejects. */
export async function compareNames(
  host: string,
  resolver: string | undefined,
  random: Random,
  knock: Knock,
  signal: AbortSignal,
): Promise<Found> {
  const told = (await lookup(host, { all: true, family: 4 }).catch(() => [])).map(({ address }) => address)
  if (told.some((address) => NOWHERE.has(ipaddr.parse(address).range()))) return 'lie'
  const answers = resolver === undefined ? [] : await resolveOverHttps(resolver, host, random, signal)
  // A policy says who is asked, and no answer has this computer knock in the network that it is in.
  const truth = answers.filter(isPublicAddress)
  return judgeAnswers(told, truth, knock)
}

export async function judgeAnswers(told: readonly string[], truth: readonly string[], knock: Knock): Promise<Found> {
  if (truth.length === 0 || told.length === 0) return 'unknown'
  // Large sites have many addresses: neighbours count as the same.
  const nets = new Set(truth.map(neighbourhood))
  if (told.some((address) => nets.has(neighbourhood(address)))) return 'same'
  const knockAll = (addresses: readonly string[]): Promise<(DialFault | undefined)[]> =>
    Promise.all(addresses.slice(0, probeRunLimits.knocksMax).map(knock))
  const [ofTold, ofTruth] = await Promise.all([knockAll(told), knockAll(truth)])
  if (ofTold.includes(undefined)) return 'same'
  // A clock that is wrong here is wrong at both.
  if (ofTold.some((fault) => fault !== undefined && isOfTime(fault))) return 'unknown'
  // Whoever opens all TLS shows the same certificate at the true address. One that is blocked there as well shows none, and somebody else's is proof enough.
  const isOther = ofTold.includes('certificate') && !ofTruth.includes('certificate')
  return ofTruth.includes(undefined) || isOther ? 'lie' : 'unknown'
}

function neighbourhood(address: string): string {
  return address.split('.').slice(0, 2).join('.')
}

/** RFC 8484, by GET. Empty when there is no answer. */
async function resolveOverHttps(resolver: string, name: string, random: Random, signal: AbortSignal): Promise<string[]> {
  const [high = 0, low = 0] = random(2)
  const query = encode({ type: 'query', id: high * 256 + low, flags: RECURSION_DESIRED, questions: [{ type: 'A', name }] })
  try {
    const url = new URL(resolver)
    url.searchParams.set('dns', query.toString('base64url'))
    const bytes = await fetchMessage(url, signal)
    const { questions, answers } = decode(bytes)
    // Of whatever else it may be the answer, it is not that of this question.
    const isOurs = bytes.readUInt16BE() === query.readUInt16BE() && questions?.length === 1 && isSameName(questions[0]?.name, name)
    return isOurs ? (answers ?? []).flatMap((answer) => (answer.type === 'A' ? [answer.data] : [])) : []
  } catch {
    return []
  }
}

function isSameName(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase().replace(/\.$/, '')
}

/** No more than so much is read, whatever comes: a relay's policy says who is asked. */
function fetchMessage(url: URL, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const headers = { Accept: 'application/dns-message' }
    getSecurely(url, { headers, signal, lookup: checkedLookup(isPublicAddress), agent: false }, async (response) => {
      const pieces: Uint8Array[] = []
      let bytes = 0
      try {
        if (response.statusCode !== 200) throw new Error('no answer')
        for await (const piece of response) {
          pieces.push(piece)
          bytes += piece.length
          if (bytes > probeRunLimits.headBytesMax) throw new Error('too long an answer')
        }
        resolve(Buffer.concat(pieces))
      } catch (error) {
        response.destroy()
        reject(error)
      }
    }).on('error', reject)
  })
}
