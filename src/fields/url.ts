import { defineField } from '../kit/field.ts'
import { piecesOf } from './email-domains.ts'
import type { Reading } from './settled.ts'
import { clean, isMasked } from './text.ts'

/** Addresses of landing pages carry long queries: as long as browsers and proxies let through unharmed. */
const URL_CHARS_MAX = 8000

const nothing = { protocol: null, host: null, domain: null, path: null, query: null }

const SCHEME = /^[a-z][a-z0-9+.-]*:/i
const BARE_HOST = /^[\p{L}\p{N}][\p{L}\p{N}.-]*\.[\p{L}]{2,}(?::\d{1,5})?(?:[/?#]|$)/u

const parsed = (text: string): URL | undefined => URL.parse(text) ?? undefined

/** A host that others can reach: a name with a dot, or a literal address. */
const isReachable = (url: URL): boolean =>
  /^https?:$/.test(url.protocol) &&
  url.username === '' &&
  url.password === '' &&
  (url.hostname.startsWith('[') || /[^.]\.[^.]/.test(url.hostname))

const isLiteral = (host: string): boolean => host.startsWith('[') || /^[\d.]+$/.test(host)

const read = (text: string): Reading => {
  const none: Reading = { normal: null, valid: false, masked: isMasked(text), parts: nothing }
  if (text === '' || text.length > URL_CHARS_MAX) return none
  const url = parsed(!SCHEME.test(text) || BARE_HOST.test(text) ? `https://${text.replace(/^\/\//, '')}` : text)
  if (!url || !isReachable(url)) return none
  const normal = url.href
  // Percent-encoding makes an address longer; one that outgrows the limit would be cut when read again.
  if (normal.length > URL_CHARS_MAX || parsed(normal)?.href !== normal) return none
  const host = url.hostname
  return {
    normal,
    valid: true,
    masked: false,
    parts: {
      protocol: url.protocol.slice(0, -1),
      host,
      domain: isLiteral(host) ? host : piecesOf(host.replace(/\.$/, '')).registered,
      path: url.pathname,
      query: url.search === '' ? null : url.search.slice(1),
    },
  }
}

export const url = defineField({
  type: 'url',
  summary:
    'An address of the web, http or https, as browsers write it; `https://` is put before a bare host name. An address with a user name or password in it is not valid.',
  // A profile's address names a person, and the query of a landing page often holds what the form was filled with.
  personal: true,
  value: 'string',
  parts: { protocol: 'string', host: 'string', domain: 'string', path: 'string', query: 'string' },
  examples: [
    'https://www.example.co.uk/roof?utm_source=ad',
    'HTTP://Example.com',
    'example.com/path',
    'https://203.0.113.7:8080/',
    'ftp://example.com',
    'https://user:secret@example.com',
    'nonsense',
  ],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw, URL_CHARS_MAX + 1)
    return { raw: kept, ...read(text.trim()) }
  },
})
