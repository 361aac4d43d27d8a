// Writes the vectors: `node test/vectors/generate.ts`. What it writes depends on nothing but its sources, and test/protocol/vectors.test.ts checks that.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { admissionCases, admissionKeys } from './make/admission.ts'
import { attachCases, attachKeys } from './make/attach.ts'
import { directoryCases, directoryKeys } from './make/directory.ts'
import { frameCases } from './make/frame.ts'
import { handingCases, handingKeys } from './make/handing.ts'
import { handshakeCases, handshakeTranscript } from './make/handshake.ts'
import { httpCases, httpKeys } from './make/http.ts'
import { inviteCases } from './make/invite.ts'
import { networkInviteCases } from './make/network-invite.ts'
import { recordCases } from './make/record.ts'
import { targetCases } from './make/target.ts'
import { updateCases, updateKeys } from './make/updates.ts'
import { webSocketCases } from './make/websocket.ts'

const FILES: Readonly<Record<string, unknown>> = {
  invite: { about: 'docs/SPEC.md §3', cases: inviteCases },
  'network-invite': { about: 'docs/SPEC.md §3.1', cases: networkInviteCases },
  admission: { about: 'docs/SPEC.md §4', keys: admissionKeys, cases: admissionCases },
  handshake: { about: 'docs/SPEC.md §5', transcript: handshakeTranscript, cases: handshakeCases },
  record: { about: 'docs/SPEC.md §6', cases: recordCases },
  frame: { about: 'docs/SPEC.md §7.2', cases: frameCases },
  target: { about: 'docs/SPEC.md §7.3', cases: targetCases },
  attach: { about: 'docs/SPEC.md §12.2', keys: attachKeys, cases: attachCases },
  websocket: { about: 'docs/SPEC.md §2.4', cases: webSocketCases },
  updates: { about: 'docs/UPDATES.md', keys: updateKeys, cases: updateCases },
  directory: { about: 'docs/SPEC.md §14', keys: directoryKeys, cases: directoryCases },
  handing: { about: 'docs/SPEC.md §14.10', keys: handingKeys, cases: handingCases },
  http: { about: 'docs/SPEC.md §2.5', keys: httpKeys, cases: httpCases },
}

/** The text of each file, by its name. */
export function vectorFiles(): ReadonlyMap<string, string> {
  return new Map(Object.entries(FILES).map(([name, content]) => [`${name}.json`, `${JSON.stringify(content, undefined, 1)}\n`]))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of vectorFiles()) writeFileSync(new URL(name, import.meta.url), text)
}
