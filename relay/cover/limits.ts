// Limits of what strangers may ask of the cover site.
export const coverLimits = {
  /** A 404.html above this is not a page that a site shows. */
  missingPageBytesMax: 262_144,
  /** Sockets to the site behind a proxied cover: at once, and kept for the next request. */
  proxiedSocketsMax: 64,
  proxiedSocketsIdleMax: 8,
  /** nginx's client_max_body_size, so that a large upload is refused at the ordinary size. */
  proxiedBodyBytesMax: 1_048_576,
  /** Without a byte either way; nginx's proxy_read_timeout. */
  proxiedIdleMs: 60_000,
}
export type CoverLimits = Readonly<typeof coverLimits>
