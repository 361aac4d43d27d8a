// Strangers at the relay's door: they ask for a carrier with an admission that is none, or just for the site's page.
//   node strangers.ts INVITE refusal|page kept|new SECONDS PER_SECOND
// Over a few TLS connections that are kept alive, or each over a new one with a full handshake. PER_SECOND 0: as fast as the relay answers.
// Prints one JSON line: {"count":…,"seconds":…,"perSecond":…,"failures":…}.
// The cookie has the right name and the size of a genuine one, so that a refusal costs the relay all that a refusal can cost.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { decodeInvite, deriveAdmissionKeys } from '#protocol'
import { nodeCrypto } from '#protocol/node'

const AT_ONCE = 16
const PACE_MS = 20
const UNANSWERED_MAX = 500
const COOKIE_BYTES = 1400

const [file = '', kind = 'refusal', way = 'kept', secondsText = '5', rateText = '0'] = process.argv.slice(2)
const { relayKey, psk, endpoints } = decodeInvite(readFileSync(file, 'utf8'))
const [endpoint] = endpoints
if (endpoint === undefined) throw new Error('this invite has no endpoint')
const { address, serverName, path } = endpoint
const { cookieName } = deriveAdmissionKeys(nodeCrypto, psk, relayKey)
const perSecond = Number(rateText)
const agent = way === 'kept' ? new Agent({ keepAlive: true, maxSockets: AT_ONCE }) : new Agent({ maxCachedSessions: 0 })
const beganMs = performance.now()
const untilMs = beganMs + Number(secondsText) * 1e3
let count = 0
let failed = 0
let unanswered = 0

function ask(answered: () => void): void {
  unanswered++
  const done = (isAnswer: boolean): void => {
    unanswered--
    if (isAnswer) count++
    else failed++
    answered()
  }
  const carrier = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  }
  const headers = kind === 'page' ? {} : { ...carrier, cookie: `${cookieName}=${randomBytes(COOKIE_BYTES).toString('base64url')}` }
  const [host, port] = [address.slice(0, address.lastIndexOf(':')), address.slice(address.lastIndexOf(':') + 1)]
  const asked = request({
    host,
    port,
    servername: serverName,
    path: kind === 'page' ? '/' : path,
    agent,
    headers: { host: serverName, ...headers },
    rejectUnauthorized: false,
  })
  asked.once('response', (response) => response.resume().once('close', () => done(true)))
  asked.once('error', () => done(false))
  asked.end()
}

function loop(): void {
  if (performance.now() < untilMs) ask(loop)
  else finish()
}

function pace(): void {
  const nowMs = performance.now()
  const due = Math.floor(((nowMs - beganMs) / 1e3) * perSecond) - count - failed - unanswered
  for (let index = 0; index < due && unanswered < UNANSWERED_MAX; index++) ask(() => {})
  if (nowMs < untilMs) setTimeout(pace, PACE_MS)
  else finish()
}

let isFinished = false
function finish(): void {
  if (isFinished) return
  isFinished = true
  const seconds = (performance.now() - beganMs) / 1e3
  process.stdout.write(`${JSON.stringify({ count, seconds, perSecond: count / seconds, failures: failed })}\n`, () => process.exit(0))
}

if (perSecond > 0) pace()
else for (let index = 0; index < AT_ONCE; index++) loop()
