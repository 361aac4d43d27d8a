// The Caddyfile for `--behind caddy`. Caddy serves the cover itself and shows the relay nothing but what may come from a carrier's client, on one path;
// what the relay does not admit is answered as if it had never been asked. Caddy gets its certificate by itself where none is given.
import type { Cover } from '../config.ts'
import { formatHostPort } from '../host-port.ts'
import { cookiePattern, type FrontSite, quoteFile } from './front.ts'

/** The text of the site, for import into a Caddyfile. Throws OperatorError for what such a file can't say. */
export function caddySite(site: FrontSite): string {
  const cover = coverDirectives(site.cover)
  return `# Written by culvert-relay init --behind caddy.
${site.domain}:${site.port} {
${site.tls === undefined ? '' : `	tls ${quoteFile(site.tls.certificateFile)} ${quoteFile(site.tls.keyFile)}\n`}${coverServer(site.cover)}
	# Only what the relay may admit reaches it.
	@carrier {
		path ${site.path}
		method GET
		protocol http/1.1
		header_regexp upgrade Upgrade (?i)^websocket$
		header_regexp connection Connection (?i)upgrade
		header_regexp key Sec-WebSocket-Key ^[A-Za-z0-9+/]{22}==$
		header Sec-WebSocket-Version 13
		header Cookie *=*
		not header Sec-WebSocket-Protocol *
		not header Content-Length *
		not header Transfer-Encoding *
		not header Expect *
	}
${toRelay(site, 'carrier', ['# Leaves out a chunked body, which no matcher sees and no second try could send again.', 'method GET'])}${requests(site)}	handle {
		${cover}
	}
${errors(site.cover)}}
# Refuses all that comes, as the relay does those whom it does not admit. Any free port will do.
http://:${sparePort(site)} {
	bind 127.0.0.1
	respond 404
}
`
}

/** Shows the relay what the matcher passes, and the cover to whom the relay does not admit. */
function toRelay(site: FrontSite, matcher: string, also: readonly string[] = []): string {
  return `	handle @${matcher} {
		# While the relay is down, the second takes its place.
		reverse_proxy ${formatHostPort(site.relay)} 127.0.0.1:${sparePort(site)} {
${also.map((line) => `			${line}\n`).join('')}			lb_policy first
			lb_try_duration 2s
			lb_try_interval 1ms
			fail_duration 1s
			flush_interval -1
${HIDDEN_VISITOR}
			@refused status 4xx 5xx
			handle_response @refused {
				${coverDirectives(site.cover)}
			}
		}
	}
`
}

const HIDDEN_VISITOR = `			# Who the visitor is stays here.
			header_up -X-Forwarded-For
			header_up -X-Forwarded-Proto
			header_up -X-Forwarded-Host`

/** A body is for the relay or for the site: the relay is asked first, by the same request without it. */
function posts(site: FrontSite): readonly string[] {
  return [
    'method GET',
    'header_up -Content-Length',
    'header_up -Transfer-Encoding',
    '@awaited status 2xx',
    'handle_response @awaited {',
    `	reverse_proxy ${formatHostPort(site.relay)} {`,
    '		flush_interval -1',
    ...HIDDEN_VISITOR.split('\n').map((line) => line.replace('\t', '')),
    '	}',
    '}',
  ]
}

/** Carriers of ordinary requests. */
function requests(site: FrontSite): string {
  const matcher = (name: string, method: string): string => `	@${name} {
		path ${site.path}
		method ${method}
		header_regexp cookie Cookie \`${cookiePattern(site)}\`
		not header Upgrade *
		not header Expect *
	}
`
  return `${matcher('get', 'GET')}${toRelay(site, 'get')}${matcher('post', 'POST')}${toRelay(site, 'post', posts(site))}`
}

/** Caddy's file server keeps the status of an error that led to it, so there must be somebody who answers where the relay does not. */
function sparePort({ relay }: FrontSite): number {
  return relay.port < 65535 ? relay.port + 1 : relay.port - 1
}

function coverServer(cover: Cover): string {
  return cover.kind === 'folder' ? `	root * ${quoteFile(cover.folder)}\n` : ''
}

function coverDirectives(cover: Cover): string {
  if (cover.kind === 'folder') return 'file_server'
  return `reverse_proxy ${cover.url.replace(/\/$/, '')} {\n\theader_up Host {upstream_hostport}\n}`
}

/** A page for what is not there, as Caddy's documentation of handle_errors has it. */
function errors(cover: Cover): string {
  if (cover.kind !== 'folder') return ''
  return `	handle_errors {
		@missing expression {http.error.status_code} == 404
		handle @missing {
			rewrite * /404.html
			file_server
		}
	}
`
}
