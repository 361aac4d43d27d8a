// Where culvert-relay starts: what V8 has to know before it reads the rest, then the commands.
import { setFlagsFromString } from 'node:v8'

// V8's young generation grows to 32 MiB and more while the sources are read, and never shrinks on a busy relay: 20 MiB of a small server's memory, and
// what each handshake leaves lies about until all of it is full. It stays at 1 MiB where it is told so before it has grown (docs/BENCHMARKS.md).
setFlagsFromString('--semi-space-growth-factor=1')
await import('./commands.ts')
