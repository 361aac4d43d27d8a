// Statuses as the core makes them, one for each thing that the screens have to show.
import type { AppStatus, Capabilities } from '../../client/contract/app-status.ts'
import { DEFAULT_SETTINGS } from '../../client/contract/settings.ts'
import type { WayName } from '../../client/contract/way-name.ts'
import type { Place } from '../../client/ui/place.ts'

export interface Scene {
  readonly name: string
  readonly place: Place
  readonly status: AppStatus
}

const DIRECT: WayName = { place: 'direct', carrier: 'websocket' }
const DIRECT_HTTP: WayName = { place: 'direct', carrier: 'http' }
const EDGE: WayName = { place: 'edge', number: 1, carrier: 'http' }
const S = 1_000
const MINUTE = 60 * S
const DAY_S = 24 * 60 * 60

const capabilities: Capabilities = {
  shell: 'desktop',
  dialer: 'node',
  systemLanguage: 'en-US',
  systemProxy: true,
  killSwitch: true,
  startAtLogin: true,
  notifications: true,
  tray: true,
  storage: 'plain',
  saveFile: false,
  screenImage: true,
  camera: true,
  share: true,
  update: true,
  proxyGaps: ['own-settings', 'udp', 'webrtc', 'terminal', 'other-users'],
}

function samples(seed: number): number[] {
  return Array.from({ length: 60 }, (_, index) => Math.round(Math.max(0, Math.sin(index / 5 + seed) + Math.sin(index / 2)) * 700_000))
}

function base(now: number): AppStatus {
  return {
    version: '0.1.0',
    link: { state: 'off' },
    traffic: { downBytes: 184_300_000, upBytes: 9_120_000, down: [], up: [] },
    relays: [
      {
        number: 1,
        inviteId: 'a1',
        ageDays: 12,
        ways: [
          { way: DIRECT, state: 'in-use', sinceMs: now - 12 * MINUTE, dialMs: 240 },
          { way: DIRECT_HTTP, state: 'idle', dialMs: 410 },
          { way: EDGE, state: 'failed', reason: 'timeout' },
        ],
      },
    ],
    switches: [
      { atMs: now - 12 * MINUTE, from: EDGE, to: DIRECT, cause: 'replaced' },
      { atMs: now - 40 * MINUTE, from: DIRECT, to: EDGE, cause: 'lost' },
      { atMs: now - 41 * MINUTE, from: DIRECT, to: EDGE, cause: 'added' },
      { atMs: now - 90 * MINUTE, to: DIRECT, cause: 'first' },
    ],
    settings: DEFAULT_SETTINGS,
    capabilities,
    systemProxy: { state: 'off' },
    storage: { manner: 'ask' },
    doctor: { state: 'idle' },
    rehearsal: { state: 'idle' },
    update: { state: 'available', version: '0.2.0', bytes: 92_000_000 },
    notices: [],
  }
}

export function scenes(now: number): readonly Scene[] {
  const off = base(now)
  const attempts = [
    { way: DIRECT, startedMs: now - 9 * S, endedMs: now - 2 * S, stage: 'failed', reason: 'timeout' },
    { way: DIRECT_HTTP, startedMs: now - 5 * S, stage: 'dialling' },
    { way: EDGE, startedMs: now - 1 * S, stage: 'answered' },
  ] as const
  const ports = { socks: '127.0.0.1:41080', http: '127.0.0.1:41081' }
  const connected: AppStatus = {
    ...off,
    link: { state: 'connected', sinceMs: now - 12 * MINUTE, ways: [{ way: DIRECT, sinceMs: now - 12 * MINUTE }] },
    finding: { verdict: 'open', evidence: [] },
    traffic: { ...off.traffic, down: samples(0), up: samples(2).map((bytes) => Math.round(bytes / 6)) },
    ports,
    settings: { ...DEFAULT_SETTINGS, systemProxy: true },
    systemProxy: { state: 'on' },
  }
  const interfered: AppStatus['finding'] = {
    verdict: 'interfered',
    evidence: [
      { code: 'frozen', of: 'relay', count: 3, bytes: 16_000 },
      { code: 'name-lied', of: 'edge', count: 1 },
      { code: 'cut', of: 'relay', count: 4 },
    ],
  }
  return [
    { name: 'first-run', place: 'home', status: { ...off, relays: [], switches: [] } },
    { name: 'off', place: 'home', status: off },
    { name: 'too-old', place: 'home', status: { ...connected, leastVersion: '0.3.0' } },
    { name: 'connecting', place: 'home', status: { ...off, link: { state: 'connecting', sinceMs: now - 9 * S, attempts } } },
    { name: 'connected', place: 'home', status: connected },
    { name: 'connected-unused', place: 'home', status: { ...connected, settings: DEFAULT_SETTINGS, systemProxy: { state: 'off' } } },
    {
      name: 'connected-refused',
      place: 'home',
      status: {
        ...connected,
        systemProxy: { state: 'off', fault: 'refused' },
        notices: [
          { id: 'a', code: 'system-proxy-failed' },
          { id: 'd', code: 'system-proxy-changed' },
          { id: 'b', code: 'port-changed' },
          { id: 'c', code: 'engine-restarted' },
        ],
      },
    },
    { name: 'engine-failed', place: 'home', status: { ...off, link: { state: 'off', fault: 'engine-failed' } } },
    {
      name: 'intercepted',
      place: 'home',
      status: {
        ...connected,
        finding: {
          verdict: 'interfered',
          evidence: [
            { code: 'intercepted', of: 'network', count: 2 },
            { code: 'name-silent', of: 'relay', count: 2 },
            { code: 'address-silent', of: 'edge', count: 2 },
            { code: 'wrong-certificate', of: 'relay', count: 2 },
          ],
        },
      },
    },
    {
      name: 'connected-browser',
      place: 'home',
      status: {
        ...connected,
        capabilities: { ...capabilities, shell: 'browser', systemProxy: false, killSwitch: false, share: false, update: false },
        systemProxy: { state: 'unsupported' },
        ports: { ...ports, password: 'kq3vX9d_2mBfL0aZt7Qp' },
      },
    },
    {
      name: 'recovering',
      place: 'home',
      status: { ...connected, link: { state: 'recovering', sinceMs: now - 3 * S, reason: 'silent', attempts }, finding: interfered },
    },
    {
      name: 'waiting',
      place: 'home',
      status: {
        ...off,
        link: { state: 'waiting', sinceMs: now - 60 * S, reason: 'timeout', retryAtMs: now + 14 * S, attempts: [attempts[0]] },
        finding: {
          verdict: 'cutoff',
          evidence: [
            { code: 'foreign-silent', of: 'network', count: 2 },
            { code: 'domestic-answers', of: 'network', count: 2 },
          ],
        },
        settings: { ...DEFAULT_SETTINGS, systemProxy: true, killSwitch: true },
        systemProxy: { state: 'refusing' },
        notices: [{ id: 'recovered-from-crash', code: 'recovered-from-crash' }],
      },
    },
    {
      name: 'clock-wrong',
      place: 'home',
      status: {
        ...connected,
        clockOffsetS: 3 * DAY_S,
        finding: { verdict: 'open', evidence: [{ code: 'wrong-clock', of: 'network', count: 1, ms: 3 * DAY_S * S }] },
      },
    },
    {
      name: 'clock-unknown',
      place: 'home',
      status: {
        ...off,
        link: {
          state: 'waiting',
          sinceMs: now - 60 * S,
          reason: 'wrong-clock',
          retryAtMs: now + 14 * S,
          attempts: [{ ...attempts[0], reason: 'wrong-clock' }],
        },
      },
    },
    { name: 'offer', place: 'home', status: { ...off, offer: { kind: 'invite', relays: 1 } } },
    { name: 'invite', place: 'invite', status: off },
    { name: 'network', place: 'network', status: connected },
    {
      name: 'doctor',
      place: 'network',
      status: {
        ...connected,
        doctor: {
          state: 'done',
          atMs: now,
          report: {
            version: 1,
            ...(interfered as NonNullable<AppStatus['finding']>),
            network: {
              hasInterface: true,
              clock: 'right',
              domestic: { asked: 3, answered: 3 },
              foreign: { asked: 3, answered: 1 },
              udp: 'blocked',
              portal: 'none',
            },
            ways: [
              { name: DIRECT, works: false, failed: { step: 'carry', fault: 'timeout', bytes: 16_000 }, failures: 2, isLiedAbout: false },
              { name: DIRECT_HTTP, works: true, ms: 340, failures: 1, isLiedAbout: false },
              { name: EDGE, works: false, failed: { step: 'tls', fault: 'reset' }, failures: 3, isLiedAbout: true },
            ],
          },
        },
        rehearsal: {
          state: 'done',
          atMs: now,
          rehearsal: {
            version: 1,
            startedBy: DIRECT,
            steps: [
              { kind: 'websocket-reset', outcome: 'survived', standstillMs: 320, carriedBy: [DIRECT_HTTP], kept: true },
              { kind: 'direct-silent', outcome: 'survived', standstillMs: 4_100, carriedBy: [EDGE], kept: true },
              { kind: 'all-but-edge-silent', edge: { place: 'edge', number: 1 }, outcome: 'cut-off', waitedMs: 20_000 },
              { kind: 'all-silent', ms: 5_000, outcome: 'survived', standstillMs: 6_200, carriedBy: [DIRECT, EDGE], kept: true },
            ],
            missing: [{ code: 'edge-carries-nothing', edge: { place: 'edge', number: 1 } }],
            advice: ['one-edge'],
            survived: false,
          },
        },
      },
    },
    {
      name: 'settings',
      place: 'settings',
      status: {
        ...off,
        settings: { ...DEFAULT_SETTINGS, systemProxy: true, domestic: { isDirect: true, country: 'IR', hosts: ['bank.example'] } },
        systemProxy: { state: 'on' },
      },
    },
    { name: 'share', place: 'share', status: off },
    { name: 'help', place: 'help', status: connected },
  ]
}
