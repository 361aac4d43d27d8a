// From start to quit the app's processes send no packet to anybody but the invite's relay, DNS included: all of them run in a network namespace of their own,
// whose every packet is captured. With the switches of the product, and both carriers.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeInvite } from '#protocol'
import { testRuntime } from '../../../client/desktop/build/test-runtime.ts'
import { event } from '../../e2e/world.ts'
import { addressesOf, NAMES } from '../../lab/atlas.ts'
import { type Country, raise } from '../../lab/country.ts'
import { needs } from '../../needs.ts'
import { findProgram } from '../../programs.ts'
import { type Display, openDisplay } from '../display.ts'
import { bundleFor, SWITCHES } from './electron.ts'

/** All but what a kernel says to its neighbours by itself, and what stays on the machine. */
const FILTER = '(ip or ip6) and not icmp6 and not net 127.0.0.0/8 and not host ::1'

describe.runIf(needs('electron', 'namespaces', 'tcpdump', 'curl'))('the hidden windows', () => {
  let country: Country
  let display: Display
  let runtime: string
  beforeAll(async () => {
    ;[country, display, runtime] = await Promise.all([raise(), openDisplay(), testRuntime()])
    await country.relayA.serve()
  })
  afterAll(async () => {
    await country?.close()
    await display?.close()
  })

  test.each(['websocket', 'http'] as const)('send packets to the relay of the invite only: %s', async (carrier) => {
    const { v4 } = addressesOf('relayA')
    const relay = `${v4}:443`
    const { invite } = country.relayA
    const only = encodeInvite({
      ...invite,
      endpoints: invite.endpoints.map((one) => ({ ...one, address: relay, carriers: [carrier] })),
    })
    const app = join(country.folder, `app-${carrier}`)
    mkdirSync(app)
    const entry = (name: string): string => join(import.meta.dirname, `${name}.ts`)
    await bundleFor(app, { main: entry('host'), engine: entry('engine') })
    const page = country.publish(`page-${carrier}`, 200_000)

    const tcpdump = `exec ${findProgram('tcpdump')} -i any -nn -l --immediate-mode '${FILTER}' 2>&1`
    const capture = country.client.startAsRoot(['sh', '-c', tcpdump])
    await capture.line((line) => (line.includes('listening on') ? true : undefined))
    const argv = [runtime, app, `--user-data-dir=${join(app, 'user')}`, ...SWITCHES, only, 'windows']
    const host = country.client.start(argv, { env: { DISPLAY: display.name } })
    const { socks } = await event(host, ({ event }) => event === 'ready')
    const fetched = await country.download(`https://${NAMES.target}${page.path}`, { timeoutS: 20, more: ['--proxy', `socks5h://${socks}`] })
    expect([fetched.code, fetched.bytes]).toEqual([0, 200_000])
    process.kill(host.pid, 'SIGTERM')
    await host.ended
    // Somebody else's lookup, so that it is known that the capture would have seen one.
    await country.exec('client', ['getent', 'ahostsv4', 'canary.example'])
    await capture.line((line) => (line.includes('canary.example') ? true : undefined))
    await capture.kill()

    const packets = capture.stdout.split('\n').filter((line) => / IP6? /.test(line))
    const strangers = packets.filter((line) => !line.includes(`${v4}.443`) && !line.includes('canary.example') && !line.includes('.53 >'))
    expect(strangers).toEqual([])
    expect(packets.filter((line) => line.includes(`${v4}.443`)).length).toBeGreaterThan(20)
  })
})
