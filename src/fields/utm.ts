import { defineField, type Json } from '../kit/field.ts'
import type { Reading } from './settled.ts'
import { clean, lineOf } from './text.ts'

/** Addresses of landing pages carry long queries: as long as browsers and proxies let through unharmed. */
const QUERY_CHARS_MAX = 8000

/** Longer ones are noise: no ad platform writes a longer name or click id. */
const VALUE_CHARS_MAX = 500

const TAGS = ['source', 'medium', 'campaign', 'term', 'content', 'id'] as const

/** What ad platforms add to an address at a click, by platform; the first of a platform's is its usual one. */
const CLICKS: Readonly<Record<string, string>> = {
  gclid: 'google',
  wbraid: 'google',
  gbraid: 'google',
  dclid: 'google',
  fbclid: 'meta',
  msclkid: 'microsoft',
  ttclid: 'tiktok',
  li_fat_id: 'linkedin',
  twclid: 'x',
  epik: 'pinterest',
  sccid: 'snapchat',
  rdt_cid: 'reddit',
  yclid: 'yandex',
  obclid: 'outbrain',
  tblci: 'taboola',
  irclickid: 'impact',
}

const CLICK_IDS = Object.keys(CLICKS)

type Found = ReadonlyMap<string, string>

const tagOf = (key: string): string | undefined => {
  const lower = key.trim().toLowerCase()
  if (lower in CLICKS && Object.hasOwn(CLICKS, lower)) return lower
  const bare = lower.replace(/^utm_/, '')
  return TAGS.some((tag) => tag === bare) ? bare : undefined
}

const wordsOf = (value: Json | undefined): string => {
  const first = Array.isArray(value) ? value[0] : value
  const text = typeof first === 'string' || typeof first === 'number' ? String(first) : ''
  return lineOf(lineOf(text).slice(0, VALUE_CHARS_MAX).toWellFormed())
}

/** Of a name written twice the first counts that says something, as it does for browsers and ad platforms. */
const collect = (pairs: Iterable<readonly [string, Json | undefined]>, isKey: (key: string) => boolean): Found => {
  const found = new Map<string, string>()
  for (const [key, value] of pairs) {
    const tag = isKey(key) ? tagOf(key) : undefined
    const text = tag === undefined ? '' : wordsOf(value)
    if (tag !== undefined && text !== '' && !found.has(tag)) found.set(tag, text)
  }
  return found
}

/** Query and fragment both: pages of one script put theirs behind the hash. */
const queryOf = (text: string): string => {
  const mark = text.indexOf('?')
  const hash = text.indexOf('#')
  const start = mark >= 0 ? mark + 1 : hash >= 0 ? hash + 1 : 0
  return text.slice(start).replace(/[#?]/g, '&')
}

/** In an address only names with their prefix count (`id` there is anything), in an object the bare ones too. */
const collectFrom = (raw: Json, text: string): Found => {
  if (raw !== null && typeof raw === 'object' && !Array.isArray(raw)) return collect(Object.entries(raw), () => true)
  const isTagged = (key: string) => /^\s*utm_/i.test(key) || Object.hasOwn(CLICKS, key.trim().toLowerCase())
  return collect(new URLSearchParams(queryOf(text)), isTagged)
}

const write = (found: Found): string => {
  const query = new URLSearchParams()
  for (const tag of [...TAGS, ...CLICK_IDS]) {
    const value = found.get(tag)
    if (value !== undefined) query.set(CLICKS[tag] === undefined ? `utm_${tag}` : tag, value)
  }
  return query.toString()
}

const partsOf = (found: Found) => {
  const of = (tag: string) => found.get(tag) ?? null
  const click = CLICK_IDS.find((id) => found.has(id))
  return {
    source: of('source'),
    medium: of('medium'),
    campaign: of('campaign'),
    term: of('term'),
    content: of('content'),
    id: of('id'),
    gclid: of('gclid'),
    fbclid: of('fbclid'),
    msclkid: of('msclkid'),
    ttclid: of('ttclid'),
    click_id: click === undefined ? null : of(click),
    click_platform: click === undefined ? null : (CLICKS[click] ?? null),
  }
}

const readFound = (found: Found): Reading => {
  const query = write(found)
  // Percent-encoding makes text longer; what outgrows the limit would be cut when read again.
  const isKept = query !== '' && query.length <= QUERY_CHARS_MAX
  return {
    normal: isKept ? query : null,
    valid: isKept,
    masked: false,
    parts: partsOf(isKept ? found : new Map()),
  }
}

export const utm = defineField({
  type: 'utm',
  summary:
    'Where a visitor came from: the `utm_` tags and click ids out of an address, a query or an object (`{ source, medium, gclid, … }`), as one query in a fixed order; everything else is left out. `click_id` is the first click id found, of Google, Meta, Microsoft, TikTok, LinkedIn, X, Pinterest, Snapchat, Reddit, Yandex, Outbrain, Taboola or Impact, and `click_platform` whose it is.',
  // A click id is one person's click.
  personal: true,
  value: 'string',
  parts: {
    source: 'string',
    medium: 'string',
    campaign: 'string',
    term: 'string',
    content: 'string',
    id: 'string',
    gclid: 'string',
    fbclid: 'string',
    msclkid: 'string',
    ttclid: 'string',
    click_id: 'string',
    click_platform: 'string',
  },
  examples: [
    'https://www.example.com/roof?utm_source=google&utm_medium=cpc&utm_campaign=spring+sale&gclid=Cj0abc&page=2',
    '?utm_source=facebook&utm_content=video&utm_term=roof&utm_id=12&fbclid=IwAR0abc',
    'msclkid=abc123',
    'ttclid=E.C.P.abc',
    'https://www.example.com/roof',
  ],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw, QUERY_CHARS_MAX + 1)
    const isShort = text.length <= QUERY_CHARS_MAX
    return { raw: kept, ...readFound(isShort ? collectFrom(kept, text.trim()) : new Map()) }
  },
})
