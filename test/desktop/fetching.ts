// An Electron app that only fetches, as updates do. Its last argument is a JSON list of what to fetch through which proxy; what came of each goes to stdout as JSON,
// a line each, in that order.
import { app } from 'electron'
import { fetchThrough } from '../../client/desktop/update/fetch.ts'

export interface Errand {
  readonly port: number
  readonly password?: string
  readonly url: string
  /** By the relays' clock, where it is not this computer's. */
  readonly nowS?: number
}

export type Fetched = { readonly status: number; readonly body: string } | { readonly fault: string }

process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack}\n`)
  app.exit(1)
})

void app.whenReady().then(async () => {
  for (const errand of JSON.parse(process.argv.at(-1) ?? '') as Errand[]) process.stdout.write(`${JSON.stringify(await run(errand))}\n`)
  app.exit(0)
})

async function run({ port, password, url, nowS = Date.now() / 1_000 }: Errand): Promise<Fetched> {
  try {
    const response = await (await fetchThrough({ port, password }, () => nowS))(url)
    return { status: response.status, body: await response.text() }
  } catch (error) {
    return { fault: String(error) }
  }
}
