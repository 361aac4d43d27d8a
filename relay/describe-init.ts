// What `culvert-relay init` says in the end: what was made, and what the volunteer does next.
import type { RelayConfig } from './config.ts'
import { formatHostPort, isLoopback } from './host-port.ts'
import type { InitResult } from './init.ts'

/** For the terminal. Names the invite's file and never what is in it. */
export function describeInit({ dir, config, inviteFile, frontFile }: InitResult): string {
  const { cover, tls, behind, listen, address, domain } = config
  const site = cover.kind === 'url' ? cover.url : cover.folder
  const certificate =
    tls === undefined
      ? `${behind} gets one by itself`
      : tls.made
        ? `${tls.certificateFile} (made here${tls.acme ? ', until the first one comes' : ', 90 days, renewed by itself'})`
        : tls.certificateFile
  const made = [
    `A relay for ${domain} is in ${dir}.`,
    '',
    `  visitors see   ${site}${cover.kind === 'folder' && cover.folder.startsWith(`${dir}/`) ? ' (made up: change it as you like)' : ''}`,
    `  certificate    ${certificate}`,
    `  listens on     ${formatHostPort(listen)}`,
    `  people dial    ${formatHostPort(address)}`,
    `  invite         ${inviteFile} (whoever has this line can use the relay)`,
  ]
  return `${[...made, '', 'What to do now:', ...nextSteps(dir, config, frontFile).map((step, n) => `  ${n + 1}. ${step}`)].join('\n')}\n`
}

function nextSteps(dir: string, { address, listen, domain, behind, tls }: RelayConfig, frontFile: string | undefined): string[] {
  const outside = isLoopback(address)
    ? []
    : [
        `At your registrar, point ${address.host === domain ? domain : `${domain} (or ${address.host})`} to this machine’s public address.`,
        tls?.acme === undefined
          ? `Let port ${address.port} reach this machine: forward it in the router, open it in the firewall.`
          : `Let ports ${address.port} and 80 reach this machine: forward them in the router, open them in the firewall. By port 80 the authority sees that the name is yours.`,
      ]
  const front = {
    nginx: [`sudo ln -s '${frontFile}' /etc/nginx/conf.d/culvert.conf && sudo nginx -t && sudo nginx -s reload`],
    caddy: [`Put this line at the end of /etc/caddy/Caddyfile:  import "${frontFile}"  and say: sudo systemctl reload caddy`],
  }
  const needsRoot = behind === undefined && listen.port > 0 && listen.port < 1024
  return [
    ...outside,
    ...(behind ? front[behind] : []),
    `${needsRoot ? 'sudo ' : ''}culvert-relay run --dir '${dir}'`,
    `culvert-relay check --dir '${dir}'`,
    'Give the invite to people you trust, over a channel you trust.',
  ]
}
