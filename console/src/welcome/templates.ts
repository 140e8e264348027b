/** Flows to begin with: each is right as it stands, and small enough to read. */
export const TEMPLATES = ['quotes', 'newsletter', 'b2b'] as const
/** Of these flows: another is a word in the text. */
export const CURRENCY = 'USD'
export type Template = (typeof TEMPLATES)[number]

interface Answers {
  readonly id: string
  readonly name: string
  readonly source: { readonly id: string; readonly name: string; readonly price: string | null }
  readonly url: string | null
}

const quoted = (text: string): string => JSON.stringify(text)

const FIELDS: Readonly<Record<Template, string>> = {
  quotes: `  first_name: first_name
  last_name: last_name
  email: { type: email, required: true }
  phone: { type: phone, required: true }
  postal_code: postal_code
  state: state
  service: string`,
  newsletter: `  first_name: first_name
  email: { type: email, required: true }`,
  b2b: `  first_name: first_name
  last_name: { type: last_name, required: true }
  email: { type: email, required: true }
  company: { type: company, required: true }
  title: job_title
  employees: number`,
}

const STEPS: Readonly<Record<Template, string>> = {
  quotes: `  - normalize: {}
  - dedupe: { id: once, on: [[email], [phone]], within: 30d, duplicate: reject }
  - suppress: { lists: [dnc], match: [phone, email] }`,
  newsletter: `  - normalize: {}
  - dedupe: { id: once, on: [[email]], within: 365d, duplicate: reject }
  - suppress: { lists: [unsubscribed], match: [email] }`,
  b2b: `  - normalize: {}
  - dedupe: { id: once, on: [[email]], within: 90d, duplicate: reject }
  - score:
      points:
        - { id: work-address, when: '!lead.email.is_free', points: 20 }
        - { id: large, when: lead.employees >= 200, points: 40 }
  - review: { id: look, when: lead.score >= 50, queue: enterprise, note: '{{ lead.company }}, {{ lead.employees }} people' }`,
}

const MAPS: Readonly<Record<Template, readonly string[]>> = {
  quotes: ['first_name', 'last_name', 'email', 'phone', 'postal_code', 'state', 'service'],
  newsletter: ['first_name', 'email'],
  b2b: ['first_name', 'last_name', 'email', 'company', 'title'],
}

export const flowOf = (template: Template, { id, name, source, url }: Answers): string => {
  const price = source.price === null ? '' : `, price: { id: base, amount: '${source.price} ${CURRENCY}' }`
  const deliver =
    url === null
      ? ''
      : `\n  - deliver:\n      to: crm\n      map:\n${MAPS[template].map((field) => `        ${field}: '{{ lead.${field} }}'`).join('\n')}`
  const destinations =
    url === null ? '' : `\ndestinations:\n  crm:\n    type: http\n    url: ${quoted(url)}\n    repeat: keyed`
  return `flow: ${id}
name: ${quoted(name)}
country: US
currency: ${CURRENCY}
zone: ${Intl.DateTimeFormat().resolvedOptions().timeZone}
fields:
${FIELDS[template]}
sources:
  - { id: ${source.id}, name: ${quoted(source.name)}${price} }${destinations}
steps:
${STEPS[template]}${deliver}
`
}

const FIRST = ['Ada', 'Grace', 'Alan', 'Barbara', 'Donald', 'Margaret', 'Radia', 'Frances']
const LAST = ['Lovelace', 'Hopper', 'Turing', 'Liskov', 'Knuth', 'Hamilton', 'Perlman', 'Allen']
const STATES = ['TX', 'CA', 'FL', 'OH', 'WA', 'GA', 'AZ', 'CO']

/** Leads to look at: people who are long famous, at addresses that are reserved for examples. */
export const sampleLead = (n: number): Readonly<Record<string, string>> => {
  const first = FIRST[n % 8] ?? ''
  const last = LAST[(n * 3 + 1) % 8] ?? ''
  // Some come twice, and some with a number that is none: so that there is something to be turned away.
  const who = n % 7 === 6 ? n - 1 : n
  return {
    first_name: first,
    last_name: last,
    email: `sample${who}@example.com`,
    phone: n % 9 === 4 ? '12' : `(512) 555-01${String(10 + (who % 90))}`,
    postal_code: '78701',
    state: STATES[n % 8] ?? '',
    service: ['roof', 'solar', 'windows'][n % 3] ?? '',
    company: 'Analytical Engines Inc.',
    title: 'Head of operations',
    employees: String((n * 53) % 500),
  }
}
