/** What reading a lead of twelve fields costs: `npm run bench:fields`. One core, no database, half a minute at most. */

import { fieldTypes } from '../src/fields/index.ts'
import { compileFlow } from '../src/flow/compile.ts'
import { parseFlow } from '../src/flow/parse.ts'
import type { Json } from '../src/kit/field.ts'
import { percentile } from './percentiles.ts'

const TYPES = [
  'first_name',
  'last_name',
  'email',
  'phone',
  'street',
  'city',
  'state',
  'postal_code',
  'dob',
  'company',
  'ip',
  'url',
] as const
const LEADS = 20_000
const ROUNDS = 7

const FIRST = ['ANA', 'james', "D'Arcy", 'María José', 'lee', 'Bob']
const LAST = ['van der BERG', "o'neil", 'Müller', 'SMITH JR.', 'nguyen', 'mcdonald']
const STATES = ['Texas', 'TX', 'ok', 'New York', 'CA', 'Washington']
const pick = (values: readonly string[], at: number): string => values[at % values.length] ?? ''

/** No two alike: nothing that is remembered of one helps the next. */
const leadOf = (n: number): Readonly<Record<string, Json>> => ({
  first_name: `${pick(FIRST, n)}${n % 977}`,
  last_name: `${pick(LAST, n)} ${n % 991}`,
  email: ` Jo.${n}+Ad@Mail${n % 503}.Example.com`,
  phone: `(${200 + (n % 700)}) ${200 + (n % 799)}-${String(1000 + (n % 8999))}`,
  street: `${1 + (n % 9999)} N. Main St Apt ${n % 300}`,
  city: `  san antonio ${n % 211}`,
  state: pick(STATES, n),
  postal_code: String(10_000 + (n % 89_999)),
  dob: `${1 + (n % 12)}/${1 + (n % 28)}/${1940 + (n % 60)}`,
  company: `Acme ${n % 3001} Roofing, LLC`,
  ip: `203.${n % 256}.${(n >> 8) % 256}.${n % 250}`,
  url: `https://forms${n % 97}.example.com/lead?utm_source=g&gclid=${n}`,
})

const text = `flow: fields\nfields: { ${TYPES.map((type) => `${type}: ${type}`).join(', ')} }\nsources: [ { id: web } ]\n`
const registries = { fields: fieldTypes, steps: {}, destinations: {} }
const flow = compileFlow({ document: parseFlow(text, registries).document, version: 1, registries })
const now = Date.UTC(2026, 10, 26)

const rounds: { readonly cpu: number; readonly p50: number; readonly p99: number }[] = []
for (let round = 0; round < ROUNDS; round += 1) {
  const micros = new Float64Array(LEADS)
  const leads = Array.from({ length: LEADS }, (_, n) => leadOf(round * LEADS + n))
  const before = process.cpuUsage()
  for (const [n, lead] of leads.entries()) {
    const begun = performance.now()
    flow.parse(lead, now)
    micros[n] = (performance.now() - begun) * 1000
  }
  const { user, system } = process.cpuUsage(before)
  micros.sort()
  rounds.push({ cpu: (user + system) / LEADS, p50: percentile(micros, 50), p99: percentile(micros, 99) })
}
// The first round is the compiler's.
const warm = rounds.slice(1).toSorted((a, b) => a.cpu - b.cpu)
const { cpu = Number.NaN, p50 = Number.NaN, p99 = Number.NaN } = warm[warm.length >> 1] ?? {}
process.stdout.write(
  `A lead of ${TYPES.length} fields: ${cpu.toFixed(0)} µs of CPU; p50 ${p50.toFixed(0)} µs, p99 ${p99.toFixed(0)} µs, with whatever else the machine did in between. ` +
    `Median of ${warm.length} rounds of ${LEADS} leads, no two alike. Asked: at most 150 µs.\n`,
)
