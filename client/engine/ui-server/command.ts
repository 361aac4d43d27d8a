// `culvert connect --ui`: the app core and its screens in an ordinary browser, for machines where the desktop app can't run.
import { nodeCrypto } from '#protocol/node'
import { buildScreens } from '../../build/screens.ts'
import type { AppStatus } from '../../contract/app-status.ts'
import { News } from '../../contract/news.ts'
import { startApp } from '../app/app.ts'
import { inviteText, UsageError } from '../arguments.ts'
import { NodePlatform } from '../platform-node.ts'
import { holdFolder } from '../state.ts'
import { parseUpstream } from '../upstream.ts'
import { readVersion } from '../version.ts'
import { browserCapabilities, createBrowserShell } from './browser-shell.ts'
import { startUiServer, type UiServer } from './server.ts'

export interface UiFlags {
  readonly invite?: readonly string[]
  readonly dir?: string
  readonly upstream?: string
  readonly json?: boolean
}

/** Resolves once the screens are served; runs until a signal, or a person who quits, ends the process. */
export async function connectWithUi(flags: UiFlags): Promise<void> {
  const { dir } = flags
  if (dir !== undefined) await holdFolder(dir)
  let server: UiServer | undefined
  const news = new News()
  const onStatus = (status: AppStatus): void => {
    server?.tell(status)
    if (flags.json === true) for (const one of news.of(status)) process.stdout.write(`${JSON.stringify(one)}\n`)
  }
  const end = async (): Promise<void> => {
    server?.close()
    await app.stop()
    process.exit(0)
  }
  const given = flags.upstream === undefined ? undefined : parseUpstream(flags.upstream)
  const platform = new NodePlatform(given)
  const app = await startApp({
    version: readVersion(),
    system: process.platform,
    shell: createBrowserShell(dir, () => void end()),
    capabilities: browserCapabilities(dir),
    platform,
    // What was set at the screens goes before what the command line said.
    goThrough: (upstream) => platform.goThrough(upstream ?? given),
    crypto: nodeCrypto,
    onStatus,
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end())
  await takeInvites(app.executors, flags.invite ?? [])
  server = await startUiServer({ port: 0, executors: app.executors, status: () => app.status, files: await buildScreens() })
  sayLink(server, flags.json === true)
}

async function takeInvites(executors: Awaited<ReturnType<typeof startApp>>['executors'], given: readonly string[]): Promise<void> {
  for (const one of given) {
    const outcome = await executors.addInvite({ text: inviteText(one) })
    if (!outcome.ok && outcome.fault !== 'invite-known') throw new UsageError(`The invite can’t be used (${outcome.fault}).`)
  }
  if (given.length > 0) await executors.connect(undefined)
}

/** A link opens once; Enter in the terminal makes another, for another tab or browser. */
function sayLink(server: UiServer, asJson: boolean): void {
  const say = (link: string): void =>
    void process.stdout.write(
      asJson
        ? `${JSON.stringify({ event: 'ui', link })}\n`
        : `Open this in your browser, on this computer:\n\n  ${link}\n\nIt opens once. Press Enter for a new one, Ctrl-C to end.\n`,
    )
  say(server.newLink())
  if (!asJson && process.stdin.isTTY) process.stdin.on('data', () => say(server.newLink()))
}
