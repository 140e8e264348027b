import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { suppressionKey } from '../../src/handlers/suppression.ts'
import { defineDestination } from '../../src/kit/destination.ts'
import type { Registries } from '../../src/kit/flow.ts'
import { ask } from '../../src/kit/requests.ts'
import { defineStep, next } from '../../src/kit/step.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { registries } from '../support/house.ts'
import { storeSecret } from '../support/secrets.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** Each so odd that it stands nowhere by chance. Lower case, since some are kept so. */
const SECRETS = {
  first: 'zebulonquy',
  last: 'quixwatersby',
  email: 'zq.mailbox.7731@wombatpost-kv.example',
  phone: '5125550143',
  phoneParts: '512-555-0143',
  street: '77 plumgatter lane',
  hidden: 'unmapped-krkonose-value',
  ip: '203.0.113.199',
  agent: 'oddbrowser-kj83/1.0',
  idempotency: 'idem-hh1277-grackle',
  ownId: 'ref-ownid-98bb-lapwing',
  suppressed: 'suppressed.person.441@wombatpost-kv.example',
  reviewer: 'because she asked us, says mrs. okonjo-brill',
  echoed: 'echo-receipt-thrush-5512',
  credential: 'bearer-secret-pelican-001',
} as const

let engine: Engine
let sink: Sink
let process: Process

/** Throws what our own mistakes might: messages, over several lines, with values in them. */
const clumsy = defineStep({
  type: 'clumsy',
  summary: 'Throws.',
  event: 'wait.ended',
  revision: 1,
  config: Type.Object({}),
  references: {},
  example: {},
  create: () =>
    function* clumsy(lead) {
      const email = String(lead.fields.email?.normal)
      yield* ask('suppression.lookup', { lists: ['dnc'], values: [{ field: 'email', value: email }] })
      if (lead.fields.city?.normal === 'break') throw new TypeError(`cannot read\n${email}\n    at ${email} (x:1:2)`)
      return next()
    },
})

const careless = defineDestination({
  type: 'careless',
  summary: 'Throws.',
  settings: Type.Object({}),
  repeat: () => 'keyed',
  example: {},
  // biome-ignore lint/correctness/useYield: it throws before it calls anybody
  deliver: function* deliver(input) {
    throw new Error(`no ${JSON.stringify(input.payload)}`)
  },
  authorize: (call) => call,
  check: () => null,
})

const more: Registries = {
  ...registries,
  steps: { ...registries.steps, clumsy },
  destinations: { ...registries.destinations, careless },
}

const flow = () => `
flow: whole
fields:
  { first_name: first_name, last_name: last_name, email: { type: email, required: true }, phone: phone, street: string, city: string, state: state }
sources:
  - id: web
    id_field: ref
    price: { id: base, amount: "15.00 USD" }
    accept: [ { when: 'lead.city != "nowhere"', else: "{{ lead.first_name }} lives in {{ lead.street }}", field: street } ]
destinations:
  echo: { type: http, url: "${sink.url}/echo", repeat: unsafe, auth: { bearer: { secret: token } }, response: { outcome_path: outcome, reason_path: said, reference_path: id } }
  asked: { type: http, url: "${sink.url}/asked", method: GET, repeat: keyed }
  form: { type: http, url: "${sink.url}/form", format: form, repeat: keyed }
  careless: { type: careless }
steps:
  - normalize: {}
  - dedupe: { id: once, on: [[email], [phone]] }
  - suppress: { lists: [dnc], match: [email, phone] }
  - filter: { when: 'lead.city != "filtered"', reason: "We know {{ lead.email }} and {{ lead.phone }}" }
  - cap: { caps: [ { id: person, max: 3, per: day, by: lead.email, reason: "Too many of {{ lead.email }}" } ] }
  - score: { points: [ { id: a, when: 'lead.email.contains("wombat")', points: 40 } ] }
  - classify: { rules: [ { when: 'lead.last_name == "Nobody"', class: none } ], else: some }
  - clumsy: {}
  - deliver: { to: [echo, asked, form, careless] }
  - review: { queue: sales, note: "Call {{ lead.first_name }} {{ lead.last_name }} at {{ lead.phone }}" }
  - wait: { for: 1m }
`

const person = (over: Record<string, string> = {}) => ({
  first_name: SECRETS.first,
  last_name: SECRETS.last,
  email: SECRETS.email,
  phone: SECRETS.phoneParts,
  street: SECRETS.street,
  city: 'somewhere',
  state: 'TX',
  other: SECRETS.hidden,
  ref: SECRETS.ownId,
  ...over,
})

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  process = await engine.start({ registries: more })
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

/** As a text might hold it: plain, as hex, and as base64 at any of the three places it may begin at. */
const formsOf = (value: string): string[] => {
  const forms = new Set<string>()
  for (const text of [value, value.toUpperCase(), value.charAt(0).toUpperCase() + value.slice(1)]) {
    forms.add(text.toLowerCase())
    forms.add(encodeURIComponent(text).toLowerCase())
    const bytes = Buffer.from(text)
    forms.add(bytes.toString('hex'))
    for (let shift = 0; shift < 3; shift += 1) {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
      // The characters at both ends mix in the neighbours' bits.
      const inner = shifted.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6))
      forms.add(inner.toLowerCase())
      forms.add(inner.replaceAll('+', '-').replaceAll('/', '_').toLowerCase())
    }
  }
  return [...forms]
}

const everything = async (): Promise<Map<string, string>> => {
  const tables = await engine.db.inspect<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'millrace'::regnamespace and relkind in ('r', 'p') and not relispartition`,
  )
  const dump = new Map<string, string>()
  for (const { name } of tables) {
    const rows = await engine.db.inspect<{ line: string }>(`select t::text as line from millrace.${name} t`)
    dump.set(name, rows.map((row) => row.line.toLowerCase()).join('\n'))
  }
  dump.set('the log', engine.logged.join('\n').toLowerCase())
  return dump
}

describe('personal data', () => {
  it('stands in no table and no log line, plain, as hex or as base64', async () => {
    await engine.publish(flow(), { registries: more })
    const keys = await process.keyring.tenant(engine.tenantId)
    await storeSecret(engine, process, 'token', SECRETS.credential)
    await engine.db.inspect(
      `insert into millrace.suppression_entry (tenant_id, list_id, key, added_at) values ($1, 'dnc', $2, $3)`,
      [engine.tenantId, suppressionKey(keys, SECRETS.suppressed), new Date(0)],
    )
    sink.otherwise((request) => ({
      do: 'answer',
      status: request.path.startsWith('/form') ? 422 : 200,
      body: JSON.stringify({
        outcome: request.path === '/echo' ? 'declined' : 'accepted',
        said: `We have ${request.body} already`,
        id: SECRETS.echoed,
        got: request.path,
      }),
    }))
    let n = 0
    const submit = (values: Record<string, string>, over = {}) => {
      n += 1
      return process.submit({
        flow: 'whole',
        values,
        over: { ip: SECRETS.ip, userAgent: SECRETS.agent, idempotencyKey: `${SECRETS.idempotency}-${n}`, ...over },
      })
    }
    const first = await submit(person())
    expect(first.answer.code).toBe('awaiting_review')
    const codes = [
      (await submit(person())).answer.code,
      (await submit(person({ email: SECRETS.suppressed, phone: '' }))).answer.code,
      (await submit(person({ city: 'nowhere' }))).answer.code,
      (await submit(person({ email: `x${SECRETS.email}`, phone: '', city: 'filtered' }))).answer.code,
      (await submit(person({ email: `y${SECRETS.email}`, phone: '', city: 'break' }))).answer.code,
      (await submit(person({ email: '', phone: 'x' }))).answer.code,
      (await submit(person(), { test: true })).answer.code,
    ]
    expect(codes).toEqual([
      'duplicate',
      'suppressed',
      'not_accepted',
      'filtered',
      'processing_fault',
      'missing_field',
      'awaiting_review',
    ])
    await submit(person({ email: `z${SECRETS.email}`, phone: '' }), { idempotencyKey: null })
    await expect(
      submit(person({ street: 'another' }), { idempotencyKey: `${SECRETS.idempotency}-1` }),
    ).rejects.not.toThrow(/zq\.mailbox|idem-hh/i)
    await process.runner.decide({
      tenantId: engine.tenantId,
      leadId: first.answer.lead_id,
      decision: 'reject',
      reason: SECRETS.reviewer,
      by: '0199aaaa-0000-7000-8000-000000000001',
    })
    for (let minutes = 0; minutes < 5; minutes += 1) {
      engine.clock.advance(300_000)
      await process.work()
    }

    // All of it is there for those who may see it.
    const read = await process.reader.read(engine.tenantId, first.answer.lead_id)
    const seen = JSON.stringify(read).toLowerCase()
    for (const name of ['first', 'last', 'email', 'street', 'hidden', 'ip', 'agent', 'reviewer', 'echoed'] as const)
      expect(seen, name).toContain(SECRETS[name])

    const dump = await everything()
    expect(dump.get('segment')).toContain('lead.mapped')
    expect(dump.get('the log')).toContain('a step threw')
    expect(dump.get('the log')).toContain('a destination threw')
    const found: string[] = []
    for (const [name, value] of Object.entries(SECRETS))
      for (const form of formsOf(value))
        for (const [where, text] of dump) if (text.includes(form)) found.push(`${name} as ${form} in ${where}`)
    expect(found).toEqual([])
  })

  it('would be found by this search', async () => {
    const hidden = `${Buffer.from(`ab${SECRETS.email}cd`).toString('base64')} ${Buffer.from(SECRETS.first).toString('hex')}`
    const text = hidden.toLowerCase()
    expect(formsOf(SECRETS.email).some((form) => text.includes(form))).toBe(true)
    expect(formsOf(SECRETS.first).some((form) => text.includes(form))).toBe(true)
  })
})
