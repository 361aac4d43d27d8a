// What a running relay says of itself, by the socket in its folder.
import { get } from 'node:http'
import { join } from 'node:path'
import type { Report } from '../../relay/status/report.ts'
import { STATUS_SOCKET } from '../../relay/status/server.ts'

export function reportOf(dir: string): Promise<Report> {
  return new Promise((resolve, reject) => {
    get({ socketPath: join(dir, STATUS_SOCKET), path: '/status.json', headers: { Host: 'localhost' }, agent: false }, async (response) => {
      resolve(JSON.parse((await response.setEncoding('utf8').toArray()).join('')) as Report)
    }).on('error', reject)
  })
}
