import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { setHolds } from '../../src/delivery/holds.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** An enricher is asked under the same rules as a destination is sent to: fenced, tried again, never guessed. */

let engine: Engine
let sink: Sink
let process: Process

const facts = 'facts: { name: name, size: { at: "$.staff[0]", type: number }, seen: { at: seen, type: date } }'
const flow = () => `
flow: asked
fields: { email: { type: email, required: true }, kind: string, ssn: ssn }
sources: [ { id: web, id_field: ref } ]
enrichers:
  safe: { url: "${sink.url}/safe/{{ payload.domain }}", method: GET, ${facts} }
  unsafe: { url: "${sink.url}/unsafe", ${facts} }
  kept: { url: "${sink.url}/kept", repeat: safe, fresh_for: 30d, ${facts} }
  once: { url: "${sink.url}/once", repeat: safe, attempts: 1, breaker: { failures: 2, pause: 30s }, ${facts} }
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: keyed }
steps:
  - branch:
      id: way
      rules:
        - id: safe
          when: 'lead.kind == "safe"'
          steps: [ { enrich: { id: ask-safe, from: safe, send: { domain: '{{ lead.email.domain }}', who: '{{ lead.email.user }}' } } } ]
        - id: unsafe
          when: 'lead.kind == "unsafe"'
          steps: [ { enrich: { id: ask-unsafe, from: unsafe, send: { email: '{{ lead.email }}', ssn: '{{ lead.ssn }}' } } } ]
        - id: kept
          when: 'lead.kind == "kept"'
          steps: [ { enrich: { id: ask-kept, from: kept, send: { domain: '{{ lead.email.domain }}' } } } ]
        - id: go-on
          when: 'lead.kind == "go-on"'
          steps: [ { enrich: { id: ask-going, from: once, send: { email: '{{ lead.email }}' }, on_error: continue } } ]
        - id: end
          when: 'lead.kind == "end"'
          steps: [ { enrich: { id: ask-ending, from: once, send: { email: '{{ lead.email }}' }, on_error: stop } } ]
  - deliver: { to: crm, map: { Name: '{{ appended.safe.name }}{{ appended.kept.name }}', Size: '{{ appended.kept.size }}' }, when: 'lead.kind != "end"' }
`

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await engine.publish(flow())
  process = await engine.start({ breaker: { failures: 100, openMs: 30_000 } })
})
afterEach(async () => {
  sink.otherwise({ do: 'answer', body: '{"name":"Acme","staff":["1,200"],"seen":"2026-01-02"}' })
  await process.gate.stop()
  await engine.db.inspect('delete from millrace.hold')
  await engine.db.inspect('delete from millrace.destination_state')
  await process.gate.refresh()
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

let count = 0
const submit = (kind: string, over: object = {}, by: Process = process) => {
  count += 1
  return by.submit({ flow: 'asked', values: { email: `lead${count}@acme${count}.example`, kind, ...over } })
}
const read = async (id: string, by: Process = process) => {
  const found = await by.reader.read(engine.tenantId, id)
  if (!found) throw new Error('no such lead')
  return found
}
const calls = (path: string): number => sink.requests.filter((request) => request.path.startsWith(path)).length
const resumeAll = async () => {
  await engine.db.inspect('delete from millrace.hold')
  await process.gate.refresh()
}
const types = async (id: string): Promise<readonly string[]> => (await read(id)).events.map(({ type }) => type)

describe('an enricher', () => {
  it('appends what its answer holds at the places named, typed, and what it does not hold as missing', async () => {
    sink.otherwise({ do: 'answer', body: '{"name":"Acme, Inc.","staff":["1,200"]}' })
    const { answer } = await submit('safe')
    const { lead, events } = await read(answer.lead_id)
    expect(lead.appended).toEqual({
      safe: { name: 'Acme, Inc.', size: 1200, seen: null, outcome: 'success', reason: null },
    })
    expect(lead.closed?.enhancements).toBe(1)
    const asked = sink.requests.at(-2)
    // What stands in the address is not in its query once more.
    expect(asked?.path).toBe(`/safe/acme${count}.example?who=lead${count}`)
    expect(JSON.parse(sink.requests.at(-1)?.body ?? '{}')).toEqual({ Name: 'Acme, Inc.' })
    // No fact and no question stands in plain.
    const plain = JSON.stringify(events.map(({ data }) => data))
    expect(plain).not.toMatch(/Acme|1200|lead\d+/)
  })

  it('knows nothing where it answers 404: the step fails, and the lead goes on', async () => {
    sink.script({ do: 'answer', status: 404 })
    const { answer } = await submit('safe')
    const { lead } = await read(answer.lead_id)
    expect(lead.steps.find(({ id }) => id === 'ask-safe')?.outcome).toBe('failure')
    expect(lead.appended.safe).toMatchObject({ outcome: 'failure', name: null })
    expect(answer.accepted).toBe(true)
  })

  it('is asked again where it cannot be reached, and then no more: the step’s on_error decides', async () => {
    sink.otherwise(({ path }) => ({ do: 'answer', status: path.startsWith('/crm') ? 200 : 503 }))
    const parked = await submit('safe')
    expect(parked).toMatchObject({ status: 202, answer: { accepted: null } })
    engine.clock.advance(1_000)
    await process.work()
    engine.clock.advance(5_000)
    await process.work()
    expect((await read(parked.answer.lead_id)).lead.parked).toMatchObject({
      code: 'processing_fault',
      fault: 'destination.unavailable',
    })
    expect(calls(`/safe/acme${count}.example`)).toBe(3)
    const going = await submit('go-on')
    expect(going.answer).toMatchObject({ accepted: true })
    expect((await read(going.answer.lead_id)).lead.steps.find(({ id }) => id === 'ask-going')?.outcome).toBe('error')
    const ended = await submit('end')
    expect(ended.answer).toMatchObject({ accepted: false, code: 'processing_failed' })
    // Its breaker is open now: nothing is asked.
    const before = calls('/once')
    expect((await submit('go-on')).answer).toMatchObject({ accepted: true })
    expect(calls('/once')).toBe(before)
  })

  it('is asked anew when somebody resumes a lead that was parked for it', async () => {
    sink.otherwise(({ path }) => ({ do: 'answer', status: path.startsWith('/crm') ? 200 : 401 }))
    const { answer } = await submit('safe')
    expect((await read(answer.lead_id)).lead.parked).toMatchObject({ fault: 'destination.credentials' })
    sink.otherwise({ do: 'answer', body: '{"name":"Acme"}' })
    await resumeAll()
    await process.amendments.resumeLead({ tenantId: engine.tenantId, leadId: answer.lead_id, by: 'ada', reason: null })
    await process.work()
    expect((await read(answer.lead_id)).row).toMatchObject({ outcome: 'success' })
  })

  it.each([401, 403])(
    'that does not accept our credentials is paused until somebody resumes it: %i',
    async (status) => {
      sink.otherwise(({ path }) => ({ do: 'answer', status: path.startsWith('/crm') ? 200 : status }))
      const before = calls('/once')
      const first = await submit('go-on')
      expect(first.answer).toMatchObject({ accepted: true })
      const failure = (await read(first.answer.lead_id)).events.find(({ type }) => type === 'enrichment.failed')
      expect(failure?.data).toMatchObject({ code: 'destination.credentials', next_at: null })
      const hold = { scope: 'destination', name: 'asked/once', code: 'destination.credentials', by: 'millrace' }
      expect(await engine.db.inspect('select scope, name, code, by, until from millrace.hold')).toEqual([
        { ...hold, until: null },
      ])
      const raised = 'select kind, subject from millrace.find_alerts() where tenant_id = $1'
      expect(await engine.db.inspect(raised, [engine.tenantId])).toContainEqual({
        kind: 'destination_paused',
        subject: 'asked/once',
      })
      // No lead after it is asked about, by no process, however much later; its step's on_error decides at once.
      engine.clock.advance(86_400_000)
      const other = await engine.start()
      for (const by of [process, other])
        expect((await submit('go-on', {}, by)).answer).toMatchObject({ accepted: true })
      expect(calls('/once')).toBe(before + 1)
      sink.otherwise({ do: 'answer', body: '{"name":"Acme"}' })
      await resumeAll()
      const after = await submit('go-on')
      expect(calls('/once')).toBe(before + 2)
      expect((await read(after.answer.lead_id)).lead.appended.once).toMatchObject({ outcome: 'success', name: 'Acme' })
    },
  )

  it('waits in line where all calls are stopped, and is passed over where it alone is paused', async () => {
    const hold = (scope: 'emergency' | 'destination', name: string) =>
      process.database.transaction([engine.tenantId], (tx) =>
        setHolds(tx, {
          tenantId: engine.tenantId,
          holds: [{ scope, name }],
          now: engine.clock.now(),
          until: null,
          by: 'ada',
          reason: null,
        }),
      )
    await hold('destination', 'asked/once')
    await process.gate.refresh()
    expect((await submit('go-on')).answer).toMatchObject({ accepted: true })
    await hold('emergency', '')
    await process.gate.refresh()
    const { answer } = await submit('safe')
    expect(answer).toMatchObject({ accepted: null, code: 'waiting' })
    await engine.db.inspect('delete from millrace.hold')
    await process.gate.refresh()
    engine.clock.advance(5_000)
    await process.work()
    expect((await read(answer.lead_id)).row).toMatchObject({ outcome: 'success' })
  })

  it('takes a value that is not kept, which is written down nowhere', async () => {
    sink.script({ do: 'answer', body: '{"name":"knows 123-45-6789"}' })
    const { answer } = await submit('unsafe', { ssn: '123-45-6789' })
    expect(sink.requests.at(-2)?.body).toContain('123-45-6789')
    expect(JSON.stringify(await read(answer.lead_id))).not.toMatch(/123-?45-?6789/)
  })
})

describe('what it said', () => {
  const row = () => engine.db.inspect<{ sealed: Buffer; key: Buffer }>('select key, sealed from millrace.fact')
  const ask = (domain: string, over: object = {}) => {
    count += 1
    return process.submit({ flow: 'asked', values: { email: `x${count}@${domain}`, kind: 'kept' }, ...over })
  }

  it('serves others that ask the same while it is fresh, and is sealed', async () => {
    const first = await ask('shared.example')
    const asked = calls('/kept')
    const second = await ask('shared.example')
    expect(calls('/kept')).toBe(asked)
    expect((await read(second.answer.lead_id)).lead.appended).toEqual((await read(first.answer.lead_id)).lead.appended)
    expect(await types(second.answer.lead_id)).not.toContain('enrichment.started')
    await ask('else.example')
    expect(calls('/kept')).toBe(asked + 1)
    const rows = await row()
    expect(rows).toHaveLength(2)
    expect(rows.map(({ sealed }) => sealed.toString('latin1')).join()).not.toMatch(/Acme|shared/)
    engine.clock.advance(30 * 86_400_000)
    await ask('shared.example')
    expect(calls('/kept')).toBe(asked + 2)
  })

  it('is asked once by leads that ask the same at once, and each has it in its journal', async () => {
    const asked = calls('/kept')
    const before = sink.requests.length
    sink.script({ do: 'hold' })
    const all = Array.from({ length: 12 }, () => ask('together.example'))
    await sink.received(before + 1)
    sink.release()
    const leads = await Promise.all(all)
    expect(calls('/kept')).toBe(asked + 1)
    const appended = await Promise.all(leads.map(async ({ answer }) => (await read(answer.lead_id)).lead.appended))
    expect(new Set(appended.map((each) => JSON.stringify(each))).size).toBe(1)
    const started = await Promise.all(leads.map(async ({ answer }) => await types(answer.lead_id)))
    expect(started.filter((each) => each.includes('enrichment.started'))).toHaveLength(1)
  })

  it('keeps none of those who ask the same at once waiting longer than its source is to wait', async () => {
    await engine.publish(flow().replace('flow: asked', 'flow: hurried\nanswer_within: 1s'))
    const before = sink.requests.length
    sink.script({ do: 'hold' })
    const all = Array.from({ length: 3 }, () => ask('hurried.example', { flow: 'hurried' }))
    // Nothing is answered before all of them have their answer.
    for (const { answer } of await Promise.all(all)) expect(answer).toMatchObject({ outcome: 'pending' })
    expect(sink.requests).toHaveLength(before + 1)
    sink.release()
    await process.runner.drained()
    expect(sink.requests.slice(before).filter(({ path }) => path.startsWith('/kept'))).toHaveLength(1)
  })

  it('is asked by each where the one who asked first was told nothing', async () => {
    const asked = calls('/kept')
    sink.script({ do: 'answer', status: 503 })
    await Promise.all(Array.from({ length: 3 }, () => ask('away.example')))
    expect(calls('/kept')).toBeGreaterThan(asked + 1)
  })

  it('is asked for again by another tenant', async () => {
    const other = await engine.addTenant(`other${count}`)
    await engine.publish(flow(), { tenantId: other })
    const asked = calls('/kept')
    await ask('shared.example', { tenantId: other })
    expect(calls('/kept')).toBe(asked + 1)
  })

  it('serves for a day at most where it knew nothing', async () => {
    sink.otherwise(({ path }) => ({ do: 'answer', status: path.startsWith('/kept') ? 404 : 200 }))
    await ask('unknown.example')
    const asked = calls('/kept')
    await ask('unknown.example')
    expect(calls('/kept')).toBe(asked)
    engine.clock.advance(86_400_000)
    await ask('unknown.example')
    expect(calls('/kept')).toBe(asked + 1)
  })
})

describe('a process killed at any line', () => {
  it('asks a safe enricher again, never an unsafe one, and loses no lead', async () => {
    sink.otherwise({ do: 'answer', body: '{"name":"Acme","staff":["3"]}' })
    let deaths = 0
    for (const kind of ['safe', 'unsafe']) {
      for (let dieAt = 1, ended = false; !ended; dieAt += 1) {
        const mortal = await engine.start({ dieAt })
        count += 1
        const mail = `dead${count}@dead${count}.example`
        const given = { flow: 'asked', values: { email: mail, kind, ref: `ref${count}` } }
        const both = mortal.submit(given)
        ended = await Promise.race([mortal.died.then(() => false), both.then(() => true)])
        await mortal.bury()
        deaths += ended ? 0 : 1
        const { answer } = await process.submit(given)
        await process.work()
        engine.clock.advance(61_000)
        await process.work()
        const { lead, row, events } = await read(answer.lead_id)
        const started = events.filter(({ type }) => type === 'enrichment.started').length
        const answered = events.filter(({ type }) => type === 'enrichment.answered').length
        const where = `${kind}, killed at line ${dieAt}`
        if (kind === 'unsafe') expect(started, where).toBe(1)
        if (lead.parked) {
          expect([kind, lead.parked.fault, answered], where).toEqual(['unsafe', 'destination.unknown_outcome', 0])
        } else {
          expect(row.outcome, where).toBe('success')
          expect(answered, where).toBe(1)
        }
      }
    }
    expect(deaths).toBeGreaterThan(8)
    expect((await verifyTenant({ database: engine.db.database, tenantId: engine.tenantId })).breach).toBeNull()
  })
})
