import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'

let engine: Engine
let process: Process

const flow = (name: string, dedupe: string) => `
flow: ${name}
fields: { email: email, phone: phone, last_name: last_name, postal_code: postal_code, dob: dob }
sources: [ { id: web } ]
steps:
  - dedupe: ${dedupe}
  - filter: { when: 'lead.last_name.blank || lead.last_name != "Bad"', reason: Bad }
`

beforeAll(async () => {
  engine = await startEngine()
  process = await engine.start()
})
afterAll(() => engine.close())

const submit = (name: string, values: Record<string, string>) => process.submit({ flow: name, values })

const codeOf = async (name: string, values: Record<string, string>) => {
  const { status, answer } = await submit(name, values)
  return status === 201 ? 'accepted' : answer.code
}

/** As erasure does. */
const erase = (leadId: string) =>
  engine.db.inspect('update millrace.lead set wrapped_key = null where id = $1', [leadId])

describe('claims', () => {
  it('meet whatever way a value is written, and apart where a form is switched off', async () => {
    await engine.publish(flow('forms', '{ on: [[email], [phone], [last_name, postal_code, dob]] }'))
    await engine.publish(flow('strict', '{ on: [[email]], normal_forms: { email_dots: false } }'))
    expect(await codeOf('forms', { email: 'j.doe+a@gmail.com' })).toBe('accepted')
    expect(await codeOf('forms', { email: 'jdoe@googlemail.com' })).toBe('duplicate')
    expect(await codeOf('forms', { phone: '(512) 555-0123' })).toBe('accepted')
    expect(await codeOf('forms', { phone: '1-512-555-0123' })).toBe('duplicate')
    expect(await codeOf('forms', { last_name: 'Álvarez', postal_code: '78701', dob: '1980-02-29' })).toBe('accepted')
    expect(await codeOf('forms', { last_name: 'ALVAREZ', postal_code: '78701-1234', dob: '2/29/80' })).toBe('duplicate')
    expect(await codeOf('strict', { email: 'j.doe@gmail.com' })).toBe('accepted')
    expect(await codeOf('strict', { email: 'jdoe@gmail.com' })).toBe('accepted')
  })

  it('of a rejected lead are given up, unless the rule keeps them', async () => {
    await engine.publish(flow('gives', '{ on: [[email]] }'))
    await engine.publish(flow('keeps', '{ on: [[email]], keep_when: [rejected] }'))
    for (const name of ['gives', 'keeps'])
      expect(await codeOf(name, { email: 'a@example.com', last_name: 'Bad' })).toBe('filtered')
    expect(await codeOf('gives', { email: 'a@example.com', last_name: 'Good' })).toBe('accepted')
    expect(await codeOf('keeps', { email: 'a@example.com', last_name: 'Good' })).toBe('duplicate')
  })

  it('of an erased lead are given up, within the window too, unless the rule keeps them', async () => {
    await engine.publish(flow('forgets', '{ on: [[email]], within: 30d }'))
    await engine.publish(flow('remembers', '{ on: [[email]], within: 30d, keep_when: [erased] }'))
    for (const name of ['forgets', 'remembers']) {
      const { answer } = await submit(name, { email: 'gone@example.com' })
      await erase(answer.lead_id)
    }
    expect(await codeOf('forgets', { email: 'gone@example.com' })).toBe('accepted')
    expect(await codeOf('forgets', { email: 'gone@example.com' })).toBe('duplicate')
    expect(await codeOf('remembers', { email: 'gone@example.com' })).toBe('duplicate')
  })

  it('hold a parked duplicate until a person approves or rejects it', async () => {
    await engine.publish(flow('parks', '{ on: [[email]], duplicate: park }'))
    const first = await submit('parks', { email: 'twice@example.com' })
    const twins = [
      await submit('parks', { email: 'twice@example.com' }),
      await submit('parks', { email: 'twice@example.com' }),
    ]
    expect(twins.map(({ status, answer }) => [status, answer.code])).toEqual([
      [202, 'awaiting_review'],
      [202, 'awaiting_review'],
    ])
    for (const [at, decision] of (['approve', 'reject'] as const).entries())
      await process.runner.decide({
        tenantId: engine.tenantId,
        leadId: twins[at]?.answer.lead_id ?? '',
        decision,
        reason: null,
        by: 'ada',
      })
    const rows = await Promise.all(twins.map(({ answer }) => process.reader.read(engine.tenantId, answer.lead_id)))
    expect(rows.map((read) => [read?.row.outcome, read?.row.duplicate_of])).toEqual([
      ['success', first.answer.lead_id],
      ['failure', first.answer.lead_id],
    ])
  })
})
