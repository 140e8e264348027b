import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SUBMIT, type TestApi, testApi } from '../../test/support/api.ts'
import type { Answer, Submission } from '../runner/types.ts'

let api: TestApi
beforeAll(async () => {
  api = await testApi()
})
afterAll(() => api.close())

let people = 0
/** A lead that nobody sent before. */
const lead = (over: object = {}) => {
  people += 1
  return {
    first_name: 'Janeth',
    email: `janeth.quill${people}@example.com`,
    phone: '+12025550143',
    state: 'TX',
    ...over,
  }
}
const bearer = (source = 'web') => ({ authorization: `Bearer ${api.keys[source]}` })
const JSON_TYPE = { 'content-type': 'application/json' }

describe('a lead that was taken', () => {
  it('is answered 201 with what became of it', async () => {
    const answer = await api.submit(lead())
    expect(answer.statusCode).toBe(201)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.json()).toEqual({
      outcome: 'success',
      lead_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      accepted: true,
      price: 15,
      duration: expect.any(Number),
      reason: null,
      code: null,
      destinations: {},
    })
  })

  it('is answered 200 where its source wants it so', async () => {
    const answer = await api.submit(lead(), {
      url: '/flows/roofs/sources/partner/submit',
      headers: { ...bearer('partner'), ...JSON_TYPE },
    })
    expect([answer.statusCode, answer.json().price]).toEqual([200, 12.5])
  })

  it('is answered 202 with its address where it was not to be waited for', async () => {
    const answer = await api.submit(lead(), { url: `${SUBMIT}?mode=async` })
    expect(answer.statusCode).toBe(202)
    const { lead_id: id, outcome, status_url: url } = answer.json()
    expect({ outcome, url }).toEqual({ outcome: 'pending', url: `/api/v1/leads/${id}` })
    expect(answer.headers.location).toBe(url)
    await api.deps.runner.drained()
  })

  it('is answered 202 where it waits for a person', async () => {
    const answer = await api.submit(lead({ comments: 'look at me' }))
    expect(answer.statusCode).toBe(202)
    expect(answer.json()).toMatchObject({ outcome: 'pending', accepted: null, status_url: expect.any(String) })
  })

  it('may come to the flow and source of its key', async () => {
    const answer = await api.submit(lead(), { url: '/api/v1/leads', headers: { ...bearer('partner'), ...JSON_TYPE } })
    expect(answer.statusCode).toBe(200)
  })

  it('may bring its key in four ways', async () => {
    const key = api.keys.web ?? ''
    const ways = [
      { headers: bearer() },
      { headers: { authorization: `Basic ${btoa(`any:${key}`)}` } },
      { headers: { 'x-api-key': key } },
      { url: `${SUBMIT}?key=${key}` },
    ]
    for (const { headers = {}, ...way } of ways) {
      const answer = await api.submit(lead(), { headers: { ...headers, ...JSON_TYPE }, ...way })
      expect(answer.statusCode).toBe(201)
    }
  })

  it('is the same lead in JSON, form, XML and query', async () => {
    const seen: Submission[] = []
    const result: Answer = {
      outcome: 'success',
      lead_id: 'x',
      accepted: true,
      price: 0,
      duration: 1,
      reason: null,
      code: null,
      destinations: {},
    }
    const app = await api.appWith({
      runner: {
        ...api.deps.runner,
        submit: async (submission) => {
          seen.push(submission)
          return { status: 201, answer: result }
        },
      },
    })
    const pairs = 'first_name=Jos%C3%A9&contact.phone=%2B12025550143&tags[]=a&tags[]=b&test=true'
    const xml =
      '<lead><first_name>José</first_name><contact><phone>+12025550143</phone></contact><tags>a</tags><tags>b</tags><test>true</test></lead>'
    const values = { first_name: 'José', contact: { phone: '+12025550143' }, tags: ['a', 'b'], test: 'true' }
    const post = (type: string, payload: string) =>
      app.inject({ method: 'POST', url: SUBMIT, headers: { ...bearer(), 'content-type': type }, payload })
    await post('application/json; charset=utf-8', JSON.stringify(values))
    await post('application/x-www-form-urlencoded', pairs)
    await post('text/xml', xml)
    await app.inject({ method: 'GET', url: `${SUBMIT}?key=${api.keys.web}&${pairs}` })
    expect(seen.map(({ format }) => format)).toEqual(['json', 'form', 'xml', 'query'])
    for (const submission of seen) {
      expect(JSON.parse(JSON.stringify(submission.values))).toEqual(values)
      expect(submission.test).toBe(true)
      expect(submission.raw).not.toContain(api.keys.web)
    }
    expect(seen.at(-1)).toMatchObject({ raw: pairs, ip: '127.0.0.1', source: { sourceId: 'web', method: 'query' } })
  })

  it('is answered in XML where Accept prefers it', async () => {
    const answer = await api.submit(lead(), {
      headers: { ...bearer(), ...JSON_TYPE, accept: 'application/xml, application/json;q=0.5' },
    })
    expect(answer.headers['content-type']).toBe('application/xml; charset=utf-8')
    expect(answer.body).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<result>.*<\/result>\n$/)
    for (const part of [
      '<outcome>success</outcome>',
      '<price>15</price>',
      '<code/>',
      '<destinations></destinations>',
    ]) {
      expect(answer.body).toContain(part)
    }
  })
})

describe('a lead that was turned away', () => {
  it('is answered 409 with the lead it repeats', async () => {
    const one = lead()
    const first = await api.submit(one)
    const again = await api.submit(one)
    expect(again.statusCode).toBe(409)
    expect(again.json()).toMatchObject({
      outcome: 'failure',
      accepted: false,
      price: 0,
      code: 'duplicate',
      duplicate_of: first.json().lead_id,
    })
  })

  it('is answered 422 with the reason', async () => {
    const answer = await api.submit(lead({ state: 'NY' }))
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toMatchObject({
      outcome: 'failure',
      accepted: false,
      price: 0,
      code: 'filtered',
      reason: 'State not serviced: NY',
    })
  })

  it('is answered 422 with what is wrong with each field', async () => {
    const answer = await api.submit({ first_name: 'Janeth' })
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toMatchObject({
      code: 'missing_field',
      reason: 'Missing required field: email',
      field_errors: { email: expect.any(String) },
    })
  })

  it('is answered in XML too', async () => {
    const answer = await api.submit(lead({ state: 'NY' }), {
      headers: { ...bearer(), ...JSON_TYPE, accept: 'text/xml' },
    })
    expect(answer.statusCode).toBe(422)
    expect(answer.body).toContain('<reason>State not serviced: NY</reason><code>filtered</code>')
  })
})

describe('a submission that cannot be taken', () => {
  it('is told so in XML where its source reads that', async () => {
    const answer = await api.app.inject({
      method: 'POST',
      url: SUBMIT,
      headers: { ...bearer(), ...JSON_TYPE, accept: 'text/xml' },
      payload: '{"email": <',
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['content-type']).toBe('application/problem+xml; charset=utf-8')
    expect(answer.body).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<problem xmlns="urn:ietf:rfc:7807">.*<\/problem>\n$/,
    )
    expect(answer.body).toContain('<status>400</status>')
    expect(answer.body).toContain('<code>unreadable_body</code>')
    expect(answer.body).toContain(
      '<errors><i><field>body</field><message>line 1, column 11: expected a value</message></i></errors>',
    )
    const keyless = await api.app.inject({ method: 'GET', url: SUBMIT, headers: { accept: 'application/xml' } })
    expect(keyless.statusCode).toBe(401)
    expect(keyless.headers['www-authenticate']).toBe('Bearer realm="millrace"')
    expect(keyless.body).toContain('<code>unauthenticated</code>')
  })

  it('is told of its query where that is what cannot be read', async () => {
    const ask = (query: string) => api.app.inject({ method: 'GET', url: `${SUBMIT}?key=${api.keys.web}&${query}` })
    expect((await ask('a=%ff')).json()).toMatchObject({
      status: 400,
      code: 'unreadable_body',
      detail: 'query: pair 2: not UTF-8 at byte 1; send UTF-8',
      errors: [{ field: 'query', message: 'pair 2: not UTF-8 at byte 1; send UTF-8' }],
    })
    expect((await ask(`a${'[b]'.repeat(20)}=1`)).json()).toMatchObject({
      detail: 'query: expected at most 16 levels',
      errors: [{ field: 'query', message: 'expected at most 16 levels' }],
    })
  })

  it('is nowhere where the address names what no name is', async () => {
    const answer = await api.submit(lead(), { url: `/flows/${'x'.repeat(400)}/sources/web/submit` })
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found'])
  })

  it('is told how large it may be, wherever it goes', async () => {
    const payload = JSON.stringify({ a: 'x'.repeat(17 * 1024 * 1024) })
    const send = (url: string) =>
      api.app.inject({ method: 'POST', url, headers: { ...bearer(), ...JSON_TYPE }, payload })
    expect((await send(SUBMIT)).json()).toMatchObject({ status: 413, detail: expect.stringContaining('than 1 MB') })
    expect((await send('/api/v1/leads/batch')).json()).toMatchObject({
      status: 413,
      detail: expect.stringContaining('than 16 MB'),
    })
  })

  it('of many leads whose one is larger than a lead may be, and the others are taken', async () => {
    const large = { ...lead(), comments: 'é'.repeat(600_000) }
    const batch = (payload: object) =>
      api.app.inject({ method: 'POST', url: '/api/v1/leads/batch', headers: { ...bearer(), ...JSON_TYPE }, payload })
    const { results } = (await batch({ leads: [lead(), large, lead()] })).json()
    expect(results.map(({ status }: { status: number }) => status)).toEqual([201, 413, 201])
    expect(results[1]).toMatchObject({ lead_id: null, error: { code: 'body_too_large' } })
    expect((await batch({ leads: [lead()], note: 'x'.repeat(2_000_000) })).statusCode).toBe(413)
  })
})

describe('a submission is taken', () => {
  it.each(['identity', 'Identity', ''])('packed as %j, which is not at all', async (encoding) => {
    const headers = { ...bearer(), ...JSON_TYPE, 'content-encoding': encoding }
    expect((await api.submit(lead(), { headers })).statusCode).toBe(201)
  })

  it('with its key twice in the address', async () => {
    const answer = await api.submit(lead(), {
      url: `${SUBMIT}?key=${api.keys.web}&key=${api.keys.web}`,
      headers: JSON_TYPE,
    })
    expect(answer.statusCode).toBe(201)
  })
})

describe('an idempotency key', () => {
  const headers = (key: string) => ({ ...bearer(), ...JSON_TYPE, 'idempotency-key': key })

  it('gives the same lead again, and 409 with another body', async () => {
    const one = lead()
    const first = await api.submit(one, { headers: headers('order-1') })
    const again = await api.submit(one, { headers: headers('order-1') })
    expect([first.statusCode, again.statusCode]).toEqual([201, 201])
    expect(again.json().lead_id).toBe(first.json().lead_id)
    const other = await api.submit(lead(), { headers: headers('order-1') })
    expect(other.statusCode).toBe(409)
    expect(other.json()).toMatchObject({ code: 'idempotency_key_reused', status: 409 })
  })

  it('is whatever a sender writes into the field its source names for it', async () => {
    const { keys } = await api.home.publish(`
flow: numbered
fields: { email: email }
sources: [ { id: web, id_field: ref } ]
`)
    const send = (ref: unknown, email: string) =>
      api.submit(
        { ref, email },
        {
          url: '/flows/numbered/sources/web/submit',
          headers: { authorization: `Bearer ${keys[0]?.key}`, ...JSON_TYPE },
        },
      )
    for (const ref of [{}, { a: [1] }, [{}], [], true, 0, { toString: 1 }]) {
      const first = await send(ref, 'a@example.com')
      expect([ref, first.statusCode]).toEqual([ref, 201])
      expect((await send(ref, 'a@example.com')).json().lead_id).toBe(first.json().lead_id)
      expect((await send(ref, 'b@example.com')).statusCode).toBe(409)
    }
  })

  it('is read where the field is a path, and however its name is written', async () => {
    const { keys } = await api.home.publish(`
flow: pathed
fields: { email: email }
sources: [ { id: web, id_field: meta.lead_id } ]
`)
    const send = (values: object) =>
      api.submit(values, {
        url: '/flows/pathed/sources/web/submit',
        headers: { authorization: `Bearer ${keys[0]?.key}`, ...JSON_TYPE },
      })
    for (const [at, own] of [{ meta: { lead_id: 7 } }, { Meta: { 'Lead-ID': 8 } }, { 'meta.lead_id': 9 }].entries()) {
      const first = await send({ ...own, email: 'a@example.com' })
      expect([at, first.statusCode]).toEqual([at, 201])
      expect((await send({ ...own, email: 'a@example.com' })).json().lead_id).toBe(first.json().lead_id)
      const other = await send({ ...own, email: 'b@example.com' })
      expect(other.json()).toMatchObject({
        code: 'idempotency_key_reused',
        detail: `The id in "meta.lead_id" came before, with another body: lead ${first.json().lead_id}`,
      })
    }
  })

  it.each(['', 'two words', 'x'.repeat(256)])('is refused as %j', async (key) => {
    const answer = await api.submit(lead(), { headers: headers(key) })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toEqual([
      { field: 'Idempotency-Key', message: 'expected 1 to 255 visible ASCII characters' },
    ])
  })
})
