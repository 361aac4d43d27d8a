// The nginx site file for `--behind nginx`. nginx serves the cover itself and shows the relay nothing but what may come from a carrier's client, on one
// path; whatever the relay does not admit goes back to `@cover`, which is the site as it stands without the relay. A named location keeps method, URI and
// headers, and a body stays unread until the relay has said whose it is, so nothing is left of the detour.
import type { Cover } from '../config.ts'
import { formatHostPort } from '../host-port.ts'
import { OperatorError } from '../operator-error.ts'
import { cookiePattern, type FrontSite, quoteFile } from './front.ts'

/** The text of the file, for inclusion in nginx's http block (sites-enabled, conf.d). Throws OperatorError for what such a file can't say. */
export function nginxSite(site: FrontSite): string {
  if (site.tls === undefined) throw new OperatorError('nginx needs a certificate and a key: it gets none by itself.')
  const { certificateFile, keyFile } = site.tls
  const cover = coverDirectives(site.cover)
  return `# Written by culvert-relay init --behind nginx.
${coverUpstream(site.cover)}${candidateMaps(site)}
server {
    listen ${site.port} ssl http2;
    listen [::]:${site.port} ssl http2;
    server_name ${site.domain};
    ssl_certificate ${quoteFile(certificateFile)};
    ssl_certificate_key ${quoteFile(keyFile)};
    # Visitors' addresses are nobody's business; neither are carriers'. Errors name them too.
    access_log off;
    error_log /dev/null crit;
${indent(coverServer(site.cover), 4)}

    location / {
${indent(cover, 8)}
    }

    # What follows is the relay's. Without it the site answers the same.
    location = ${site.path} {
        error_page 418 = @relay;
        error_page 421 = @relay_post;
        recursive_error_pages on;
        if ($culvert_candidate = get) { return 418; }
        if ($culvert_candidate = post) { return 421; }
${indent(cover, 8)}
    }
    location @relay {
${indent(relayDirectives(site), 8)}
    }
    # A body is for the relay or for the site: the relay is asked first, by the same request without it.
    location @relay_post {
        auth_request //relay;
${indent(relayDirectives(site), 8)}
    }
    # From outside, no address has two slashes.
    location = //relay {
        internal;
        proxy_method GET;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header Transfer-Encoding "";
${indent(relayDirectives(site, '@refused'), 8)}
    }
    location @refused {
        return 403;
    }
    location @cover {
${indent(cover, 8)}
    }
}
`
}

/**
 * A request is a candidate when the first four match, or the last two. A coding, an expectation or a subprotocol would stand behind the version and spoil
 * the match; the relay refuses what any of these lets through wrongly.
 */
const candidateMaps = (
  site: FrontSite,
): string => `map "$request_method $server_protocol$http_content_length$http_transfer_encoding$http_expect$http_sec_websocket_protocol" $culvert_plain {
    default 0;
    "GET HTTP/1.1" 1;
}
map "$http_upgrade $http_sec_websocket_version $http_connection" $culvert_upgrade {
    default 0;
    "~*^websocket 13 .*upgrade" 1;
}
map $http_sec_websocket_key $culvert_key {
    default 0;
    "~^[A-Za-z0-9+/]{22}==$" 1;
}
map $http_cookie $culvert_cookie {
    default 0;
    "~=." 1;
}
map "$request_method $http_content_length$http_transfer_encoding $server_protocol$http_expect$http_upgrade" $culvert_ordinary {
    default 0;
    "~^GET  HTTP/(?:1\\.1|2\\.0)$" g;
    "~^POST (?:\\d{1,7}|chunked|) HTTP/(?:1\\.1|2\\.0)$" p;
}
map $http_cookie $culvert_long_cookie {
    default 0;
    "~${cookiePattern(site)}" 1;
}
map "$culvert_plain$culvert_upgrade$culvert_key$culvert_cookie$culvert_ordinary$culvert_long_cookie" $culvert_candidate {
    default 0;
    "~^1111" get;
    "~g1$" get;
    "~p1$" post;
}
map $http_upgrade $culvert_connection {
    default upgrade;
    "" "";
}
`

function relayDirectives({ relay }: FrontSite, refused = '@cover'): string {
  return `proxy_pass http://${formatHostPort(relay)};
proxy_http_version 1.1;
proxy_set_header Host $http_host;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $culvert_connection;
# A visitor who half-closes still gets the page.
proxy_ignore_client_abort on;
proxy_connect_timeout 5s;
# An idle carrier is the session's business.
proxy_read_timeout 1h;
proxy_send_timeout 1h;
# What nginx reads at once from an upgraded socket; the others follow from it.
proxy_buffer_size 32k;
proxy_buffers 4 32k;
proxy_busy_buffers_size 64k;
proxy_buffering off;
proxy_request_buffering off;
proxy_intercept_errors on;
recursive_error_pages on;
error_page 400 403 404 408 413 414 417 429 431 500 501 502 503 504 = ${refused};`
}

function coverUpstream(cover: Cover): string {
  if (cover.kind === 'folder') return ''
  const { hostname, port, protocol } = new URL(cover.url)
  return `upstream culvert_cover {
    server ${hostname}:${port || (protocol === 'https:' ? 443 : 80)};
    keepalive 8;
}
`
}

/** What the site says once. */
function coverServer(cover: Cover): string {
  if (cover.kind === 'folder') return `root ${quoteFile(cover.folder)};\nindex index.html;`
  const { host, hostname, protocol } = new URL(cover.url)
  return `proxy_http_version 1.1;
proxy_set_header Host ${host};
proxy_set_header Connection "";${protocol === 'https:' ? `\nproxy_ssl_server_name on;\nproxy_ssl_name ${hostname};` : ''}`
}

/** What every location of the site says; error_page is not inherited where a location has one of its own. */
function coverDirectives(cover: Cover): string {
  if (cover.kind === 'folder') return 'error_page 404 /404.html;\ntry_files $uri $uri/ =404;'
  const { pathname, protocol } = new URL(cover.url)
  const prefix = pathname.replace(/\/$/, '')
  // A named location takes a path only together with a variable.
  return `proxy_pass ${protocol}//culvert_cover${prefix && `${prefix}$request_uri`};`
}

function indent(text: string, count: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(count))
}
