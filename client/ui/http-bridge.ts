// The bridge of the screens in a browser: commands by POST, statuses as lines of one answer that goes on and on.
import type { AppStatus } from '../contract/app-status.ts'
import type { Bridge } from '../contract/bridge.ts'
import type { Outcome } from '../contract/commands.ts'
import { uiLimits } from './limits.ts'

export const KEY_NAME = 'culvert-key'

const UNREACHABLE: Outcome<never> = { ok: false, fault: 'unreachable' }

/** `onLost`: whether the core is out of reach, each time that changes. */
export function createHttpBridge(onLost: (isLost: boolean) => void): Bridge {
  const headers = { 'X-Culvert-Key': localStorage.getItem(KEY_NAME) ?? '' }
  return {
    send: async (name, payload) => {
      try {
        const response = await fetch(`/command/${name}`, {
          method: 'POST',
          headers: { ...headers, 'Content-Type': 'application/json' },
          body: payload === undefined ? '' : JSON.stringify(payload),
        })
        return response.ok ? ((await response.json()) as Outcome<unknown>) : UNREACHABLE
      } catch {
        return UNREACHABLE
      }
    },
    watch: (onStatus) => void watch(headers, onStatus, onLost),
  }
}

async function watch(
  headers: Record<string, string>,
  onStatus: (status: AppStatus) => void,
  onLost: (isLost: boolean) => void,
): Promise<never> {
  for (let againMs = uiLimits.againMs; ; againMs = Math.min(againMs * 2, uiLimits.againMsMax)) {
    try {
      const response = await fetch('/status', { headers })
      if (response.ok && response.body !== null) {
        againMs = uiLimits.againMs
        onLost(false)
        await readLines(response.body, (line) => onStatus(JSON.parse(line) as AppStatus))
      }
    } catch {
      // The core has ended, or is being started: it is sought again.
    }
    onLost(true)
    await new Promise((resolve) => setTimeout(resolve, againMs))
  }
}

async function readLines(body: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  let rest = ''
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const lines = (rest + read.value).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
  }
}
