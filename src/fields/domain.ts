import { defineField } from '../kit/field.ts'
import { readDomain } from './email-address.ts'
import { isDisposable, isFree, piecesOf, suggestDomain } from './email-domains.ts'
import type { Reading } from './settled.ts'
import { clean, hashKind, isMasked } from './text.ts'

const DOMAIN_CHARS_MAX = 300

const nothing = {
  host: null,
  tld: null,
  registered: null,
  subdomain: null,
  is_free: false,
  is_disposable: false,
  suggestion: null,
  hashed: null,
}

/** The host out of an address of the web or of mail, without what browsers and people put around it. */
const bare = (text: string): string =>
  text
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/s, '')
    .replace(/:\d{1,5}$/, '')
    .replace(/\.$/, '')

/** `www.example.com` is `example.com` under its usual other name; `www.com` is a name of its own. */
const withoutWww = (host: string): string => host.replace(/^(?:www\.)+(?=[^.]+\.)/, '')

const read = (text: string): Reading => {
  if (text === '' || text.length > DOMAIN_CHARS_MAX)
    return { normal: null, valid: false, masked: false, parts: nothing }
  const hashed = hashKind(text)
  if (hashed) return { normal: text, valid: false, masked: false, parts: { ...nothing, hashed } }
  const host = readDomain(withoutWww(bare(text)))
  if (host === undefined || !host.includes('.')) {
    return { normal: text, valid: false, masked: isMasked(text), parts: nothing }
  }
  const { tld, host: name, registered } = piecesOf(host)
  return {
    normal: host,
    valid: true,
    masked: false,
    parts: {
      host: name,
      tld,
      registered,
      subdomain: host === registered ? null : host.slice(0, -registered.length - 1),
      is_free: isFree(host),
      is_disposable: isDisposable(host),
      suggestion: suggestDomain(host),
      hashed: null,
    },
  }
}

export const domain = defineField({
  type: 'domain',
  summary:
    'A domain in lower-case ASCII without `www.`; of an address of the web or of mail its domain is taken. `registered` is the name its owner bought (`example.co.uk`), `is_free` tells domains on which anyone may open a mailbox.',
  // A company's, or one that a mail provider's customers share.
  personal: false,
  value: 'string',
  parts: {
    host: 'string',
    tld: 'string',
    registered: 'string',
    subdomain: 'string',
    is_free: 'bool',
    is_disposable: 'bool',
    suggestion: 'string',
    hashed: 'string',
  },
  examples: [
    'example.com',
    'https://www.Example.co.uk/about',
    'jane@mail.example.com',
    'gmial.com',
    'münchen.example',
    'exa***.com',
    'localhost',
    '5d41402abc4b2a76b9719d911017c592',
  ],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    return { raw: kept, ...read(text.trim().toLowerCase().normalize('NFC').trim()) }
  },
})
