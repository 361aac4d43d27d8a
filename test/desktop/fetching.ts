// An Electron app that only fetches, as updates do. Its last argument is a JSON list of what to fetch through which proxy; what came of each goes to stdout as JSON,
// a line each, in that order.
import { app, session } from 'electron'
import { fetchThrough } from '../../client/desktop/update/fetch.ts'

export interface Errand {
  readonly port: number
  readonly password?: string
  readonly url: string
}

export type Fetched = { readonly status: number; readonly body: string } | { readonly fault: string }

process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack}\n`)
  app.exit(1)
})

void app.whenReady().then(async () => {
  // Who signed the certificate is not what is asked here.
  session.fromPartition('updates').setCertificateVerifyProc((_request, answer) => answer(0))
  for (const errand of JSON.parse(process.argv.at(-1) ?? '') as Errand[]) process.stdout.write(`${JSON.stringify(await run(errand))}\n`)
  app.exit(0)
})

async function run({ port, password, url }: Errand): Promise<Fetched> {
  try {
    const response = await (await fetchThrough({ port, password }))(url)
    return { status: response.status, body: await response.text() }
  } catch (error) {
    return { fault: String(error) }
  }
}
