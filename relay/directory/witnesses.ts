// Asking witnesses to sign a checkpoint beside the authorities, as C2SP's tlog-witness has it, so that witnesses of other logs can watch ours.
//
// 1. POST add-checkpoint: `old SIZE`, the proof that the log only grew since, a blank line, the checkpoint as it is signed      question
// 2. 200: lines of cosignatures, which the meeting checks as it checks all signatures
// 3. 409 and a size: that is how far the witness has seen; the same again from there
import { consistencyPath, encodeBase64 } from '#protocol'
import { witnessLimits } from './limits.ts'

export interface Cosigned {
  /** Signature lines, unchecked; empty where the witness signs nothing or says nothing in time. */
  readonly lines: string
  /** How far the witness has seen now, as far as it said. */
  readonly size: number
}

/** Never rejects. `checkpoint`: signed by enough authorities. `leaves`: of the whole log up to it. `seen`: how far the witness had seen when it was asked last. */
export async function askWitness(
  url: string,
  checkpoint: string,
  leaves: readonly Uint8Array[],
  seen: number,
  untilMs: number,
): Promise<Cosigned> {
  let size = Math.min(seen, leaves.length)
  for (let turn = 0; turn < 2; turn++) {
    const answer = await post(`${url}/add-checkpoint`, question(checkpoint, leaves, size), untilMs)
    if (answer?.status === 200) return { lines: answer.text, size: leaves.length }
    const told = answer?.status === 409 && /^\d{1,9}\n$/.test(answer.text) ? Number(answer.text) : undefined
    if (told === undefined || told > leaves.length) break
    size = told
  }
  return { lines: '', size }
}

function question(checkpoint: string, leaves: readonly Uint8Array[], size: number): string {
  const proof = consistencyPath(leaves, size).map((hash) => `${encodeBase64(hash)}\n`)
  return `old ${size}\n${proof.join('')}\n${checkpoint}`
}

async function post(url: string, body: string, untilMs: number): Promise<{ readonly status: number; readonly text: string } | undefined> {
  try {
    const signal = AbortSignal.timeout(Math.max(1, Math.min(witnessLimits.answerMs, untilMs - Date.now())))
    const response = await fetch(url, { method: 'POST', body, redirect: 'error', signal })
    const parts: Uint8Array[] = []
    let bytes = 0
    for await (const part of response.body ?? []) {
      bytes += part.length
      if (bytes > witnessLimits.answerBytesMax) return undefined
      parts.push(part)
    }
    return { status: response.status, text: Buffer.concat(parts).toString('utf8') }
  } catch {
    // Whatever is wrong with a witness, the directory does not wait for it.
    return undefined
  }
}
