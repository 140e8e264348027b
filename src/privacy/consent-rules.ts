import { readFileSync } from 'node:fs'

/** The rules of consent as dated data: src/privacy/data/consent-rules.json. */
interface Rules {
  readonly revocation: readonly {
    readonly from: string
    readonly business_days: number
    readonly reply_revokes: 'channel' | 'all'
  }[]
  readonly reply_keywords: readonly string[]
  readonly reply_keywords_also: readonly string[]
  readonly holidays: { readonly days: readonly string[] }
}

const RULES = JSON.parse(readFileSync(new URL('./data/consent-rules.json', import.meta.url), 'utf8')) as Rules
const HOLIDAYS: ReadonlySet<string> = new Set(RULES.holidays.days)
const KEYWORDS: ReadonlySet<string> = new Set([...RULES.reply_keywords, ...RULES.reply_keywords_also])
const DAY_MS = 86_400_000

const ruleAt = (ms: number): Rules['revocation'][number] => {
  const day = new Date(ms).toISOString().slice(0, 10)
  const rule = RULES.revocation.findLast(({ from }) => from <= day) ?? RULES.revocation[0]
  if (!rule) throw new RangeError('the rules of consent name no revocation')
  return rule
}

const isBusinessDay = (ms: number): boolean => {
  const date = new Date(ms)
  const weekday = date.getUTCDay()
  return weekday !== 0 && weekday !== 6 && !HOLIDAYS.has(date.toISOString().slice(0, 10))
}

/** The end of the day by which a revocation must have reached everybody: that day counts whole. */
export const revocationDueAt = (at: number): number => {
  let left = ruleAt(at).business_days
  let day = Math.floor(at / DAY_MS) * DAY_MS
  while (left > 0) {
    day += DAY_MS
    if (isBusinessDay(day)) left -= 1
  }
  return day + DAY_MS - 1
}

/** What a reply of this kind takes back: its own channel, or all. */
export const replyRevokes = (at: number): 'channel' | 'all' => ruleAt(at).reply_revokes

/** The keyword that a reply consists of, however it is written; null where it says something else. */
export const revocationKeyword = (text: string): string | null => {
  const plain = text
    .slice(0, 200)
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s-]/gu, ' ')
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replace(/^please |(?: please| thanks| thank you)$/g, '')
  return KEYWORDS.has(plain) ? plain : null
}
