// The country is raised whole, harms no other and leaves nothing behind; and the product runs in it.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HELD_INPUT, Program } from '../e2e/program.ts'
import { needs } from '../needs.ts'
import { NAMES } from './atlas.ts'
import { type Country, raise } from './country.ts'
import { event } from './product.ts'
import { blackout, cutoff } from './recipes/addresses.ts'
import { IS_ROOT } from './spaces.ts'

const MAIN = join(import.meta.dirname, 'main.ts')
const WARDEN = join(import.meta.dirname, 'warden.sh')
const TARGET = `https://${NAMES.target}/page`

/** Never sets relay B up, and lets the name server die. */
const FEIGNED_UNSHARE = `#!/bin/sh
case "$*" in
  *"--hold relayB"*) exec sleep 600 ;;
  *"--hold dns"*) echo $$ > "$4.died"; exit ;;
esac
exec /usr/bin/unshare "$@"
`

/** Ends a warden's input once a stranger has the number of the host that died, and says which strangers live on. */
const AMONG_STRANGERS = `
mkfifo "$1.input"
sleep 600 & any=$!
PATH="$1:$PATH" sh "$2" "$1" relayA relayB dns < "$1.input" > /dev/null & warden=$!
exec 3> "$1.input"
until [ -s "$1.died" ]; do sleep 0.1; done
number=$(cat "$1.died")
while kill -0 "$number" 2> /dev/null; do sleep 0.1; done
until [ "\${heir-}" = "$number" ]; do
  echo $((number - 1)) > /proc/sys/kernel/ns_last_pid
  sleep 600 3>&- & heir=$!
done
exec 3>&-
wait "$warden"
rm "$1.input" "$1.died"
for one in "$any" "$heir"; do kill -0 "$one" && echo kept; done
`

/** What runs with this text in its command line. */
function running(text: string): string[] {
  const commandOf = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandOf)
    .filter((command) => command.includes(text))
}

describe.runIf(needs('namespaces', 'curl'))('a country', () => {
  test('knows nothing of another one that stands at the same time, and leaves nothing when it is closed', async () => {
    const [one, other] = await Promise.all([raise(), raise()])
    await one.censor.apply(blackout())
    expect((await other.download(TARGET)).code).toBe(0)
    expect((await one.download(TARGET, { timeoutS: 1 })).code).toBe(28)
    for (const country of [one, other]) {
      const pids = Object.values(country.hosts).map(({ pid }) => pid)
      await country.close()
      expect(running(country.folder)).toEqual([])
      expect(existsSync(country.folder)).toBe(false)
      expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([])
    }
  })

  test('leaves nothing when the program that raised it is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'culvert-lab-test-'))
    const lab = new Program([process.execPath, MAIN], { env: { TMPDIR: folder }, input: HELD_INPUT })
    await lab.line((line) => (line.includes('quit') ? line : undefined))
    expect(running(folder)).not.toEqual([])
    await lab.kill()
    await expect.poll(() => [...running(folder), ...readdirSync(folder).filter((name) => name.startsWith('culvert-lab'))], POLL).toEqual([])
    rmSync(folder, { recursive: true })
  })

  test('sweeps nothing but its own hosts, also when one was never set up and another died, whose number a stranger has', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'culvert-lab-test-'))
    for (const name of ['resolv.conf', 'hosts']) writeFileSync(join(folder, name), '')
    writeFileSync(join(folder, 'unshare'), FEIGNED_UNSHARE, { mode: 0o755 })
    // In a process namespace of its own: a sweep that went wrong would end the tests, and numbers can be chosen there.
    const own = ['unshare', ...(IS_ROOT ? [] : ['--user', '--map-root-user']), '--mount', '--net', '--pid', '--fork', '--mount-proc']
    const swept = new Program([...own, 'sh', '-c', AMONG_STRANGERS, 'sh', folder, WARDEN])
    await swept.ended
    expect(swept.stdout).toBe('kept\nkept\n')
    expect(existsSync(folder)).toBe(false)
  })

  test('is refused in a sentence where the kernel gives no namespace', async () => {
    const weak = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--reset-env', '--no-new-privs']
    const refused = new Program(['unshare', '--user', ...weak, process.execPath, MAIN])
    expect(await refused.ended).toEqual({ code: 1, signal: undefined })
    expect(refused.stdout).toBe('')
    expect(refused.stderr).toMatch(/^The lab .*\.\n$/)
  })

  test('sends a guest’s download through a relay and through each edge, also in a cutoff that lets only edges pass', async () => {
    const country = await raise()
    try {
      await country.relayA.serve()
      const { nginx, workerd } = country.edges
      await Promise.all([nginx.serve(country.relayA), workerd.serve(country.relayA)])
      expect(await downloadAs(country, country.invite(country.relayA))).toBe(0)
      await country.censor.apply(cutoff())
      for (const edge of [nginx, workerd]) {
        expect(await downloadAs(country, country.invite(country.relayA, { direct: false, edges: [edge] }))).toBe(0)
      }
    } finally {
      await country.close()
    }
  })
})

/** How long a sweep may take on a machine that is busy. */
const POLL = { timeout: 20_000 }

async function downloadAs(country: Country, invite: string): Promise<number | undefined> {
  const client = await country.connect(invite)
  await event(client.program, ({ state }) => state === 'connected')
  const { code } = await country.download(TARGET, { timeoutS: 10, more: ['--proxy', `socks5h://${client.socks}`] })
  await client.program.kill()
  return code
}

describe.runIf(needs('namespaces', 'root', 'cc', 'curl'))('a cable with delay', () => {
  test('lets nothing through sooner, and everything in the end', async () => {
    const country = await raise({ cables: { client: { delayMs: 10, jitterMs: 5, lossPercent: 1 }, abroad: { delayMs: 40 } } })
    try {
      const { seconds, ...rest } = await country.download(TARGET, { timeoutS: 20 })
      expect(rest).toEqual({ code: 0, bytes: 300_000 })
      // A handshake of TCP and one of TLS before the answer: three round trips.
      expect(seconds).toBeGreaterThan(0.3)
    } finally {
      await country.close()
    }
  })
})
