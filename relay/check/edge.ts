// What `check` can tell of an edge by asking it: that it is there, shows the right certificate, answers as the relay's cover does, and lets an invite in.
// An edge that fails never stops the relay from serving, so all of these are warnings.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { equalBytes, type Invite } from '#protocol'
import type { RelayConfig } from '../config.ts'
import type { Edge } from '../edges.ts'
import { formatHostPort } from '../host-port.ts'
import { type Finding, ok, warning } from './finding.ts'
import type { Machine } from './machine.ts'
import { type Knocked, knock, type Visit, visit } from './probe.ts'

/** invite: undefined where the relay itself does not serve, so that nobody can come in by an edge. */
export async function checkEdge(edge: Edge, config: RelayConfig, invite: Invite | undefined, machine: Machine): Promise<Finding> {
  const { name, address, hostName } = edge
  const page = await visit(address, { serverName: name, hostName }, true)
  const subject = 'edge'
  if (typeof page === 'string') {
    const mend = 'Put it in place as docs/EDGES.md says, or retire it: culvert-relay edge remove'
    return warning(subject, `${name} does not answer at ${formatHostPort(address)} (${page}).`, mend)
  }
  const wrong = certificateFault(edge, page) ?? pageFault(edge, page, config)
  if (wrong !== undefined) return warning(subject, `${name} ${wrong.says}`, wrong.mend)
  if (invite === undefined) return ok(subject, `${name} answers as this relay does.`)
  for (const kind of edge.carriers) {
    const word = await knock(kind, address, { serverName: name, hostName, path: config.path }, invite, machine.nowMs)
    if (word !== 'admitted')
      return warning(
        subject,
        `${name} lets no ${kind} carrier in: ${REASONS[word]}.`,
        `If it can’t, say what can: --carrier ${otherThan(kind)}`,
      )
  }
  return ok(subject, `${name} answers as this relay does, and the invite gets in by ${edge.carriers.join(' and ')}.`)
}

const REASONS: Readonly<Record<Exclude<Knocked, 'admitted'>, string>> = {
  refused: 'the cover site answers',
  impostor: 'another relay answers',
  unreachable: 'it ends in the middle',
}

interface Fault {
  readonly says: string
  readonly mend: string
}

function certificateFault({ pin }: Edge, page: Visit): Fault | undefined {
  if (pin === undefined)
    return page.isTrusted
      ? undefined
      : {
          says: 'shows a certificate that no public authority vouches for: clients refuse it.',
          mend: 'Give it a real one, or say which it is: culvert-relay edge add --pin-from FILE',
        }
  if (page.pin !== undefined && equalBytes(page.pin, pin)) return undefined
  return {
    says: 'shows another certificate than the invite names: clients refuse it.',
    mend: 'Put the old key back, or remove the edge and add it again with --pin-from.',
  }
}

function pageFault({ name, hostName }: Edge, page: Visit, { cover }: RelayConfig): Fault | undefined {
  if (page.status === 421 && hostName !== name)
    return { says: `refuses to be ${hostName} inside (421).`, mend: 'It allows no fronting: add it by its own name, without --host.' }
  if (page.status >= 400)
    return {
      says: `answers visitors with status ${page.status}.`,
      mend: 'It may not reach this relay: look at the origin in its configuration.',
    }
  const index = cover.kind === 'folder' ? join(cover.folder, 'index.html') : undefined
  if (index === undefined || !existsSync(index) || page.body === readFileSync(index, 'utf8')) return undefined
  return {
    says: 'shows visitors another page than this relay does.',
    mend: 'Does it forward to this relay? If a CDN rewrites pages, switch that off: what it adds to pages it may break in carriers.',
  }
}

function otherThan(kind: 'websocket' | 'http'): string {
  return kind === 'websocket' ? 'http' : 'websocket'
}
