// What stands before several hosts that are one relay: haproxy or nginx, in TCP mode, which choose by the visitor's address, so that few move when one is lost.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { vi } from 'vitest'
import { findProgram } from '../programs.ts'
import type { Program } from './program.ts'
import { DOMAIN } from './world.ts'

export type BalancerKind = 'haproxy' | 'nginx'

export interface BalancerOptions {
  readonly folder: string
  readonly port: number
  /** Of the hosts, on loopback. */
  readonly hosts: readonly number[]
  readonly run: (argv: readonly string[]) => Program
}

/** Resolves once a visitor gets through. */
export async function startBalancer(kind: BalancerKind, options: BalancerOptions): Promise<void> {
  options.run(kind === 'haproxy' ? haproxy(options) : nginx(options))
  const { port } = options
  await vi.waitFor(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = connect({ port, host: '127.0.0.1', servername: DOMAIN, rejectUnauthorized: false }, () => {
          socket.destroy()
          resolve()
        }).on('error', reject)
      }),
    20_000,
  )
}

function haproxy({ folder, port, hosts }: BalancerOptions): readonly string[] {
  const file = join(folder, 'haproxy.cfg')
  const servers = hosts.map((at, n) => `  server host${n} 127.0.0.1:${at} check inter 500ms fall 1`).join('\n')
  writeFileSync(
    file,
    `defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend all
  bind 127.0.0.1:${port}
  default_backend hosts
backend hosts
  balance source
  hash-type consistent
  option redispatch
${servers}
`,
  )
  return [findProgram('haproxy') as string, '-db', '-q', '-f', file]
}

/** As docs/OPERATORS.md has it. */
function nginx({ folder, port, hosts }: BalancerOptions): readonly string[] {
  const file = join(folder, 'balancer.conf')
  const servers = hosts.map((at) => `  server 127.0.0.1:${at} max_fails=1 fail_timeout=5s;`).join('\n')
  writeFileSync(
    file,
    `load_module ${findProgram('nginxStream')};
daemon off;
master_process off;
pid ${join(folder, 'balancer.pid')};
error_log stderr crit;
events { worker_connections 4096; }
stream {
 upstream relay {
  hash $remote_addr consistent;
${servers}
 }
 server {
  listen 127.0.0.1:${port};
  proxy_pass relay;
  proxy_connect_timeout 2s;
  proxy_timeout 1h;
 }
}
`,
  )
  return [findProgram('nginx') as string, '-c', file, '-p', folder, '-e', 'stderr']
}
