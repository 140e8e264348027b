/** A header as words: `E-mail Address`, `emailAddress`, `EMAIL_ADDRESS` and `person[email]` say much the same. */
import { wordKey } from '../fields/text.ts'

const HEADER_CHARS_MAX = 200

/** Words that say nothing of what a column holds. */
const FILLERS: ReadonlySet<string> = new Set(
  (
    'the a an your you my our of for at to in on us is are was what whats which please enter provide best reach ' +
    'value values field data info information details detail raw str user users contact contacts customer customers ' +
    'client clients lead leads person persons people prospect prospects applicant applicants subscriber member ' +
    'recipient respondent visitor patient student buyer hubspot salesforce sf hs fb facebook linkedin google tiktok ' +
    'crm form input text txt full current valid only optional required main 1'
  ).split(' '),
)

/**
 * Words that tell one column of a kind from another of it: `mobile_phone`, `billing_city`. The lower the rank, the more
 * likely the column is the one that is meant where a flow has a single field.
 */
const QUALIFIERS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    primary: 0,
    personal: 1,
    default: 1,
    mobile: 2,
    cell: 2,
    cellular: 2,
    mailing: 2,
    home: 3,
    residential: 3,
    property: 3,
    permanent: 3,
    daytime: 4,
    day: 4,
    business: 4,
    work: 4,
    office: 4,
    company: 4,
    corporate: 4,
    professional: 4,
    organization: 4,
    account: 5,
    shipping: 5,
    billing: 5,
    evening: 5,
    direct: 5,
    landline: 5,
    whatsapp: 5,
    alternate: 6,
    alternative: 6,
    alt: 6,
    additional: 6,
    secondary: 6,
    second: 6,
    other: 7,
    backup: 7,
    previous: 8,
    old: 8,
    '2': 6,
    '3': 7,
    '4': 8,
  }),
)

/** Words that make a column somebody else's: it never is the field of the lead itself. */
const OTHERS: ReadonlySet<string> = new Set(
  (
    'assistant spouse partner wife husband parent mother father guardian child emergency referrer referred referral owner ' +
    'agent manager supervisor rep creator assigned coapplicant cosigner coborrower doctor ' +
    'physician attorney vendor seller landlord employer sender broker beneficiary'
  ).split(' '),
)

/** Written short or run together. */
const EXPANDED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    addr: 'address',
    adr: 'address',
    add: 'address',
    ph: 'phone',
    phn: 'phone',
    tel: 'phone',
    telephone: 'phone',
    tele: 'phone',
    telno: 'phone number',
    mob: 'mobile',
    no: 'number',
    num: 'number',
    nbr: 'number',
    nr: 'number',
    nos: 'number',
    fname: 'first name',
    lname: 'last name',
    mname: 'middle name',
    sname: 'last name',
    org: 'organization',
    organisation: 'organization',
    co: 'company',
    amt: 'amount',
    qty: 'quantity',
    emails: 'email',
    phones: 'phone',
    addresses: 'address',
    biz: 'business',
    alternate: 'alternate',
    acct: 'account',
    desc: 'description',
    msg: 'message',
    lat: 'latitude',
    lng: 'longitude',
    lon: 'longitude',
    tz: 'timezone',
    natl: 'national',
    nm: 'name',
    dt: 'date',
    cust: 'customer',
    prim: 'primary',
    addl: 'additional',
    cd: 'code',
    cty: 'city',
    emp: 'employer',
    occ: 'occupation',
  }),
)

export interface HeaderWords {
  /** Every word, fillers and qualifiers too. */
  readonly words: readonly string[]
  /** Without fillers, qualifiers and others' words. */
  readonly core: readonly string[]
  /** Words that tell it apart, in order. */
  readonly qualifiers: readonly string[]
  /** Words that make it somebody else's. */
  readonly others: readonly string[]
}

const split = (header: string): string[] =>
  wordKey(
    header
      .slice(0, HEADER_CHARS_MAX)
      .replace(/['’]s\b/gi, '')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
      .replace(/([A-Za-z])(\d)/g, '$1 $2')
      .replace(/\be-?mail/gi, 'email')
      .replaceAll('_', ' '),
  )
    .split(' ')
    .flatMap((word) => (EXPANDED.get(word) ?? word).split(' '))
    .filter((word) => word !== '')

/** `Phone (home)` and `Create Date (GMT+1)`: with what stands in brackets, and without. */
export const readHeader = (header: string): HeaderWords => {
  const words = split(header)
  const core: string[] = []
  const qualifiers: string[] = []
  const others: string[] = []
  for (const word of words) {
    if (OTHERS.has(word)) others.push(word)
    else if (QUALIFIERS.has(word)) qualifiers.push(word)
    else if (!FILLERS.has(word)) core.push(word)
  }
  return { words, core, qualifiers, others }
}

/** The words that say something, in order. */
export const meaningOf = ({ words }: HeaderWords): readonly string[] => words.filter((word) => !FILLERS.has(word))

/** Words that are part of a kind's name itself. */
const GENERIC: ReadonlySet<string> = new Set(
  'email mail address phone number name first last given family surname zip code postal postcode city town state street country company organization business url website time date id'.split(
    ' ',
  ),
)

/** Whether something in the name sets the column apart from others of its kind. */
export const isApart = (header: HeaderWords): boolean => meaningOf(header).some((word) => !GENERIC.has(word))

const QUESTION = /^(?:what|which|when|where|who|why|how|do|does|did|are|is|have|has|would|will|can|could|should)$/

/** `Do you own a pool?`, as forms of ad platforms call their columns. */
export const isQuestion = (header: string, { words }: HeaderWords): boolean =>
  words.length >= 3 && (header.trim().endsWith('?') || QUESTION.test(words[0] ?? ''))

/** `is_converted`, `HasPool` */
export const isYesNoName = ({ words }: HeaderWords): boolean =>
  words.length >= 2 && /^(?:is|has|was)$/.test(words[0] ?? '')

export const areQualifiers = (words: readonly string[]): boolean => words.every((word) => QUALIFIERS.has(word))

export const withoutBrackets = (header: string): string => header.replace(/\([^)]*\)|\[[^\]]*\]/g, ' ').trim()

/** How far a column is from the one of its kind that is meant first. */
export const rankOf = (header: HeaderWords): number =>
  header.qualifiers.reduce((rank, word) => Math.max(rank, QUALIFIERS.get(word) ?? 0), 0)

/** A name for a field: small letters, digits and `_`, beginning with a letter. Null where nothing is left of it. */
export const fieldNameOf = (words: readonly string[]): string | null => {
  const name = words
    .join('_')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '')
    .replace(/^[\d_]+/, '')
    .slice(0, 63)
    .replace(/_+$/, '')
  return name === '' ? null : name
}
