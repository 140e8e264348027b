import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asker, type TestApi, testApi } from '../../test/support/api.ts'
import { openSink, type Sink } from '../../test/support/sink.ts'

let api: TestApi
let sink: Sink
let token: string

const FLOW = (
  url: string,
  over: { readonly states?: string; readonly fields?: string; readonly steps?: string } = {},
) => `
flow: again
country: US
fields:
  email: { type: email, required: true }
  state: state
  last_name: last_name
${over.fields ?? ''}
sources:
  - { id: web, mapping: { last_name: surname }, price: { id: base, amount: '5.00 USD' } }
destinations:
  crm: { type: http, url: '${url}/crm' }
steps:
  - dedupe: { id: once, on: [[email]], within: 30d, duplicate: reject }
  - filter: { id: served, when: '!(lead.state in ${over.states ?? '["NY"]'})', reason: 'Not in {{ lead.state }}' }
${over.steps ?? ''}
  - deliver: { id: sell, to: crm, map: { Email: '{{ lead.email }}', Name: '{{ lead.last_name }}' } }
`

beforeAll(async () => {
  api = await testApi()
  sink = await openSink()
  sink.otherwise({ do: 'answer', body: '{"id":"C-1"}' })
  token = await api.signIn({ email: 'again@acme.example', password: 'a long password', role: 'operator' })
}, 120_000)
afterAll(async () => {
  await api.close()
  await sink.close()
})

const ask = asker(() => ({ api, token }))
let sent = 0
const submit = async (over: Record<string, string> = {}): Promise<string> => {
  sent += 1
  const values = { email: `again${sent}@example.com`, state: 'NY', surname: 'Hopper', ...over }
  const { answer } = await api.home.submit('again', 'web', values)
  await api.deps.runner.drained()
  return answer.lead_id
}
const publish = (over: Parameters<typeof FLOW>[1] = {}) => api.home.publish(FLOW(sink.url, over))
const rerun = (id: string) => ask('POST', `/api/v1/leads/${id}/rerun`, { payload: { reason: 'We serve NY now' } })
const lead = async (id: string) => (await ask('GET', `/api/v1/leads/${id}`)).json()

describe('a lead that was turned away', () => {
  it('runs again by the version in use as a lead of its own, each naming the other, and is delivered once', async () => {
    await publish()
    const old = await submit()
    expect(await lead(old)).toMatchObject({ outcome: 'failure', code: 'filtered', rerun_as: null })
    const before = sink.requests.length
    await publish({ states: '["AK"]' })
    const { statusCode, body } = await rerun(old)
    expect(statusCode, body).toBe(201)
    const { lead_id: next, ...told } = JSON.parse(body)
    expect(told).toMatchObject({ rerun_of: old, accepted: true })
    expect(await lead(next)).toMatchObject({
      outcome: 'success',
      rerun_of: old,
      flow_version: 2,
      fields: { last_name: { normal: 'Hopper' } },
    })
    expect(await lead(old)).toMatchObject({ outcome: 'failure', rerun_as: next })
    expect(sink.requests.length).toBe(before + 1)
    const { items } = (await ask('GET', `/api/v1/leads/${old}/events`)).json()
    expect(items.at(-1)).toMatchObject({ type: 'lead.rerun', data: { lead: next } })

    // Once is enough, also where two ask at the same time.
    const again = await rerun(old)
    expect([again.statusCode, again.json().detail]).toEqual([409, expect.stringContaining(next)])
    await publish()
    const two = await submit()
    await publish({ states: '["AK"]' })
    const answers = await Promise.all([rerun(two), rerun(two), rerun(two)])
    const ids = new Set(answers.filter(({ statusCode: code }) => code === 201).map((answer) => answer.json().lead_id))
    expect(ids.size).toBe(1)
    expect(sink.requests.length).toBe(before + 2)
  })

  it('keeps what was mended since, and is the first of its kind for whoever comes after', async () => {
    await publish()
    const old = await submit({ email: 'mended@example.com' })
    const mended = await ask('POST', '/api/v1/privacy/requests', {
      as: await api.signIn({ email: 'dpo@acme.example', password: 'a long password', role: 'owner' }),
      payload: { kind: 'rectify', lead_id: old, fields: { last_name: 'Murray' } },
    })
    expect(mended.statusCode).toBe(202)
    await publish({ states: '["AK"]' })
    const next = (await rerun(old)).json().lead_id
    expect((await lead(next)).fields.last_name.normal).toBe('Murray')
    expect(sink.requests.at(-1)?.body).toContain('Murray')
    const later = await submit({ email: 'mended@example.com' })
    expect(await lead(later)).toMatchObject({ code: 'duplicate', duplicate_of: next })
  })

  it('goes on under the id that was promised where the server died in between', async () => {
    await publish()
    const old = await submit()
    await publish({ states: '["AK"]' })
    const asked = {
      tenantId: api.home.tenantId,
      leadId: old,
      flow: 'again',
      source: 'web',
      by: 'somebody',
      reason: null,
    }
    const promised = await api.deps.delivery.amendments.rerun(asked)
    const { statusCode, body } = await rerun(old)
    expect([statusCode, JSON.parse(body).lead_id]).toEqual([201, promised])
  })

  it('is promised nothing while its source is switched off', async () => {
    await publish()
    const old = await submit()
    await api.home.publish(FLOW(sink.url, { states: '["AK"]' }).replace('{ id: web,', '{ id: web, enabled: false,'))
    const { statusCode, body } = await rerun(old)
    expect([statusCode, JSON.parse(body).code]).toEqual([403, 'source_disabled'])
    expect((await lead(old)).rerun_as).toBeNull()
    await publish({ states: '["AK"]' })
    expect((await rerun(old)).statusCode).toBe(201)
  })

  it('is run again by the bulk action too', async () => {
    await publish()
    const ids = [await submit(), await submit()]
    await publish({ states: '["AK"]' })
    const accepted = await submit()
    const { body } = await ask('POST', '/api/v1/leads/bulk', { payload: { action: 'replay', ids: [...ids, accepted] } })
    expect(JSON.parse(body)).toMatchObject({ done: 2, failed: [{ lead_id: accepted }] })
    await api.deps.runner.drained()
    for (const id of ids) {
      const { rerun_as: next } = await lead(id)
      expect(await lead(next)).toMatchObject({ outcome: 'success', rerun_of: id })
    }
  })
})

describe('a lead of which somebody has something', () => {
  it('is not run again, nor is anything of one that was', async () => {
    await publish({ states: '["AK"]' })
    const taken = await submit()
    expect((await rerun(taken)).statusCode).toBe(409)
    // Its delivery is in doubt: it may be there.
    sink.otherwise({ do: 'reset' })
    const doubtful = await submit()
    expect((await rerun(doubtful)).statusCode).toBe(409)
    sink.otherwise({ do: 'answer', status: 422, body: '{}' })
    const refused = await submit()
    sink.otherwise({ do: 'answer', body: '{"id":"C-2"}' })
    const next = await rerun(refused)
    expect(next.statusCode).toBe(201)
    const [delivery] = (await lead(refused)).deliveries
    const again = await ask('POST', `/api/v1/leads/${refused}/deliveries/${delivery.id}/replay`, { payload: {} })
    expect([again.statusCode, again.json().detail]).toEqual([400, expect.stringContaining(next.json().lead_id)])
  })

  it('nor is one whose person had their data erased', async () => {
    await publish()
    const old = await submit({ email: 'erased@example.com' })
    const as = await api.signIn({ email: 'eraser@acme.example', password: 'a long password', role: 'owner' })
    await ask('POST', '/api/v1/privacy/requests', { as, payload: { kind: 'erase', email: 'erased@example.com' } })
    expect((await rerun(old)).statusCode).toBe(409)
  })
})
