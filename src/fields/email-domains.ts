/** What is known of the domains behind the at sign: free, disposable, mistyped. Lists and licences: data/README.md. */
import { readFileSync } from 'node:fs'
import { dataLines } from './text.ts'

const setOf = (file: string): ReadonlySet<string> =>
  new Set(dataLines(readFileSync(new URL(`./data/${file}`, import.meta.url), 'utf8')))

const free = setOf('free-mail-domains.txt')
const disposable = setOf('disposable-domains.txt')

export const isFree = (domain: string): boolean => free.has(domain)

/** A subdomain of a disposable domain is disposable: many of them hand out subdomains. */
export const isDisposable = (domain: string): boolean => {
  if (disposable.has(domain)) return true
  let dot = domain.indexOf('.')
  while (dot >= 0) {
    const parent = domain.slice(dot + 1)
    if (disposable.has(parent)) return true
    dot = domain.indexOf('.', dot + 1)
  }
  return false
}

// Names of a desk, not of a person: RFC 2142 and custom.
const ROLES: ReadonlySet<string> = new Set(
  `abuse accounting accounts admin administrator all billing careers contact customerservice do-not-reply donotreply
  enquiries enquiry everyone feedback finance ftp hello help helpdesk hostmaster hr info inquiries inquiry it jobs legal
  list mail mailer-daemon marketing media news newsletter no-reply nobody noc noreply office order orders postmaster
  press privacy root sales security service spam staff subscribe support sysadmin team tech test unsubscribe usenet
  uucp webmaster www`.split(/\s+/),
)

/** Whether the part before the at sign, less a `+tag`, names a desk: `info`, `sales`. */
export const isRole = (user: string): boolean => {
  const plus = user.indexOf('+')
  return ROLES.has(plus > 0 ? user.slice(0, plus) : user)
}

// The providers worth a guess: those so common that a domain one slip away is more likely the slip.
const COMMON: readonly string[] = `gmail.com yahoo.com hotmail.com outlook.com icloud.com aol.com msn.com live.com
  comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net protonmail.com
  googlemail.com rocketmail.com yahoo.co.uk hotmail.co.uk btinternet.com yahoo.ca sympatico.ca rogers.com`.split(/\s+/)

// Endings that no registry has, for the one that was meant.
const NO_TLD: ReadonlyMap<string, string> = new Map([
  ...['con', 'cmo', 'ocm', 'vom', 'xom', 'cim', 'comm', 'coom', 'ccom', 'cpm', 'dom'].map(
    (end) => [end, 'com'] as const,
  ),
  ...['nte', 'nett', 'ner', 'met'].map((end) => [end, 'net'] as const),
  ...['ogr', 'orgg'].map((end) => [end, 'org'] as const),
])

// Endings that exist, but behind a common name stand for `com`.
const NEAR_COM: ReadonlySet<string> = new Set(['co', 'cm', 'om', 'c', 'comn'])

// Short names lie too close together: `fox.net` is not a slip for `cox.net`.
const NAME_CHARS_MIN = 'gmail.com'.length

/** Whether one letter more, less or other, or two neighbours swapped, lie between a domain and a common one. */
const isOneSlip = (a: string, b: string): boolean => {
  if (Math.abs(a.length - b.length) > 1 || b.length < NAME_CHARS_MIN) return false
  const shorter = Math.min(a.length, b.length)
  let head = 0
  while (head < shorter && a.charCodeAt(head) === b.charCodeAt(head)) head += 1
  let tail = 0
  while (tail < shorter - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail += 1
  const restA = a.slice(head, a.length - tail)
  const restB = b.slice(head, b.length - tail)
  if (restA.length <= 1 && restB.length <= 1) return true
  return restA.length === 2 && restB.length === 2 && restA[0] === restB[1] && restA[1] === restB[0]
}

const commonNear = (domain: string): string | undefined =>
  COMMON.includes(domain) ? domain : COMMON.find((known) => isOneSlip(domain, known))

/** The domain probably meant, or null where the one written may well be right: `gmial.com` → `gmail.com`. */
export const suggestDomain = (domain: string): string | null => {
  if (free.has(domain)) return null
  const near = COMMON.find((known) => isOneSlip(domain, known))
  if (near) return near
  const dot = domain.lastIndexOf('.')
  const name = dot < 0 ? domain : domain.slice(0, dot)
  const end = dot < 0 ? '' : domain.slice(dot + 1)
  if (dot < 0) return COMMON.find((known) => known === `${name}.com` || known === name.replace(/com$/, '.com')) ?? null
  const meant = NO_TLD.get(end)
  if (meant) return commonNear(`${name}.${meant}`) ?? `${name}.${meant}`
  return NEAR_COM.has(end) ? (commonNear(`${name}.com`) ?? null) : null
}

// Registries that sell names one level down. Not the whole public suffix list: enough to name a host rightly where
// senders are likely to be.
const SECOND_LEVEL: ReadonlySet<string> = new Set(
  `co.uk org.uk me.uk ltd.uk plc.uk ac.uk gov.uk nhs.uk net.uk com.au net.au org.au edu.au gov.au id.au co.nz net.nz
  org.nz govt.nz ac.nz co.za org.za co.in net.in org.in ac.in gov.in co.jp ne.jp or.jp ac.jp go.jp com.br net.br org.br
  gov.br com.mx org.mx gob.mx com.ar com.co com.pe com.ve com.ec com.uy com.py com.bo com.pr com.sg edu.sg com.my
  com.ph com.hk com.tw com.cn net.cn org.cn gov.cn co.kr or.kr co.id co.th com.tr com.ua com.pl net.pl org.pl com.es
  com.pt com.gr co.il org.il ac.il com.sa com.eg com.ng com.gh co.ke com.pk com.bd com.vn on.ca qc.ca bc.ca ab.ca
  co.at or.at`.split(/\s+/),
)

export interface DomainPieces {
  /** The last label: `uk`. */
  readonly tld: string
  /** The name its owner registered: `example` of `mail.example.co.uk`. */
  readonly host: string
  /** That name with what it was registered under: `example.co.uk`. */
  readonly registered: string
}

/** Takes a domain of one or more labels apart. */
export const piecesOf = (domain: string): DomainPieces => {
  const last = domain.lastIndexOf('.')
  if (last < 0) return { tld: domain, host: domain, registered: domain }
  const second = domain.lastIndexOf('.', last - 1)
  const third = second < 0 ? -1 : domain.lastIndexOf('.', second - 1)
  const isDeep = second >= 0 && SECOND_LEVEL.has(domain.slice(second + 1))
  const registered = domain.slice((isDeep ? third : second) + 1)
  return { tld: domain.slice(last + 1), host: registered.slice(0, registered.indexOf('.')), registered }
}
