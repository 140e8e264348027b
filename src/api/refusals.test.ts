import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SUBMIT, type TestApi, testApi } from '../../test/support/api.ts'
import { Fault, type FaultCode } from '../base/faults.ts'
import type { Submission } from '../runner/types.ts'

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

/** An app whose runner does as told, for what a real one does only in bad weather. */
const appWithRunner = (submit: (submission: Submission) => Promise<never>) =>
  api.appWith({ runner: { ...api.deps.runner, submit } })

describe('a request that is refused', () => {
  it('is answered with a problem document', async () => {
    const answer = await api.submit('{"email":"janeth', { headers: { ...bearer(), ...JSON_TYPE } })
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    const message = 'line 1, column 10: expected a string that is closed by a double quote'
    expect(answer.json()).toEqual({
      type: 'urn:millrace:error:unreadable_body',
      title: 'Unreadable body',
      status: 400,
      detail: `body: ${message}`,
      code: 'unreadable_body',
      correlation_id: answer.headers['x-correlation-id'],
      errors: [{ field: 'body', message }],
    })
  })

  it.each([
    ['no key', {}, 401, 'unauthenticated'],
    ['a wrong key', { authorization: 'Bearer mrk_wrong' }, 401, 'unauthenticated'],
    ['nothing we can answer in', { accept: 'text/html, image/*' }, 406, 'not_acceptable'],
    ['both formats ruled out', { accept: 'application/json;q=0, application/xml;q=0' }, 406, 'not_acceptable'],
    ['a form with files', { 'content-type': 'multipart/form-data; boundary=x' }, 415, 'unsupported_media_type'],
    ['a packed body', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['no type', { 'content-type': '' }, 415, 'unsupported_media_type'],
  ])('with %s', async (what, over, status, code) => {
    const key = what.includes('key') ? {} : bearer()
    const answer = await api.submit(lead(), { headers: { ...key, ...JSON_TYPE, ...over } })
    expect([answer.statusCode, answer.json().code]).toEqual([status, code])
    if (status === 401) expect(answer.headers['www-authenticate']).toBe('Bearer realm="millrace"')
  })

  it('with a mode that is none', async () => {
    const answer = await api.submit(lead(), { url: `${SUBMIT}?mode=later` })
    expect([answer.statusCode, answer.json().detail]).toEqual([400, 'mode: expected sync or async'])
  })

  it('with the key of another source', async () => {
    const answer = await api.submit(lead(), { headers: { ...bearer('partner'), ...JSON_TYPE } })
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'forbidden'])
    expect(answer.json().detail).toBe('The key belongs to another flow or source than the address names.')
  })

  it('with the key of a disabled source', async () => {
    const { database } = api.deps
    const { tenantId } = api.home
    const enable = (enabled: boolean) =>
      database.batch(
        [tenantId],
        [
          {
            text: `update millrace.source_key set enabled = $2 where tenant_id = $1::uuid and source_id = 'partner'`,
            values: [tenantId, enabled],
          },
        ],
      )
    await enable(false)
    api.clock.advance(1_001)
    const answer = await api.submit(lead(), { url: '/api/v1/leads', headers: { ...bearer('partner'), ...JSON_TYPE } })
    await enable(true)
    api.clock.advance(1_001)
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'source_disabled'])
  })

  it('by an address that is not known', async () => {
    for (const url of ['/flows/roofs/submit', '/nothing', '/api/v2/leads']) {
      const answer = await api.submit(lead(), { url })
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found'])
    }
    const flow = await api.submit(lead(), { url: '/flows/other/sources/web/submit' })
    expect(flow.statusCode).toBe(403)
    const broken = await api.submit(lead(), { url: '/flows/%E9/sources/web/submit' })
    expect([broken.statusCode, broken.headers['x-frame-options']]).toEqual([400, 'DENY'])
  })

  it.each(['PUT', 'HEAD', 'DELETE', 'PATCH', 'OPTIONS'] as const)('by the method %s', async (method) => {
    const answer = await api.app.inject({ method, url: SUBMIT, headers: bearer() })
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, POST'])
  })

  it('for its size', async () => {
    const answer = await api.submit(JSON.stringify({ a: 'x'.repeat(1_100_000) }))
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'body_too_large'])
  })

  it('for its rate, and told when to come again', async () => {
    const app = await api.appWith({ settings: { ...api.deps.settings, rateLimitMax: 2, rateLimitWindowMs: 60_000 } })
    const send = (source: string) =>
      app.inject({
        method: 'POST',
        url: '/api/v1/leads',
        headers: { ...bearer(source), ...JSON_TYPE },
        payload: JSON.stringify(lead()),
      })
    expect([(await send('web')).statusCode, (await send('web')).statusCode]).toEqual([201, 201])
    const third = await send('web')
    expect([third.statusCode, third.json().code]).toEqual([429, 'rate_limited'])
    const wait = Number(third.headers['retry-after'])
    expect(wait).toBeGreaterThanOrEqual(60)
    expect((await send('partner')).statusCode).toBe(200)
    api.clock.advance(wait * 1000)
    expect((await send('web')).statusCode).toBe(201)
  })
})

describe('trouble before the lead is durable', () => {
  it.each([
    ['payment_required', 402, undefined],
    ['overloaded', 503, '1'],
    ['database_unavailable', 503, '7'],
    ['shutting_down', 503, '1'],
  ] as const satisfies readonly [FaultCode, number, string | undefined][])(
    '%s is answered %i',
    async (code, status, retryAfter) => {
      const app = await appWithRunner(async () => {
        throw new Fault(code, { message: 'Told.', ...(retryAfter === '7' ? { retryAfterMs: 6_500 } : {}) })
      })
      const answer = await app.inject({
        method: 'POST',
        url: SUBMIT,
        headers: { ...bearer(), ...JSON_TYPE },
        payload: lead(),
      })
      expect([answer.statusCode, answer.json().code, answer.json().detail]).toEqual([status, code, 'Told.'])
      expect(answer.headers['retry-after']).toBe(retryAfter)
    },
  )

  it('is told in general words only, with what names it in the log', async () => {
    const app = await appWithRunner(async (submission) => {
      throw new TypeError(`cannot read ${submission.raw}\n    at ${submission.raw}`, {
        cause: new Error(submission.raw),
      })
    })
    const from = api.logged.length
    const answer = await app.inject({
      method: 'POST',
      url: SUBMIT,
      headers: { ...bearer(), ...JSON_TYPE, 'x-correlation-id': 'check-me_500' },
      payload: lead(),
    })
    expect(answer.statusCode).toBe(500)
    expect(answer.json()).toEqual({
      type: 'urn:millrace:error:internal',
      title: 'Internal',
      status: 500,
      detail: 'Something broke on our side. The correlation id names it in the log.',
      code: 'internal',
      correlation_id: 'check-me_500',
    })
    const lines = api.logged.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>)
    const broke = lines.find(({ msg }) => msg === 'a request broke')
    expect(broke).toMatchObject({ correlation_id: 'check-me_500', code: 'internal' })
    expect(JSON.stringify(broke)).toContain('refusals.test.ts')
    expect(JSON.stringify(lines)).not.toContain('janeth')
  })

  it('is a server about to end', async () => {
    const app = await api.appWith({ isDraining: () => true })
    const answer = await app.inject({
      method: 'POST',
      url: SUBMIT,
      headers: { ...bearer(), ...JSON_TYPE },
      payload: lead(),
    })
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'shutting_down'])
    expect([answer.headers['retry-after'], answer.headers.connection]).toEqual(['1', 'close'])
  })
})

describe('hostile bodies', () => {
  it.each([
    [
      '100,000 keys',
      `{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":1`).join(',')}}`,
      'expected at most 1000 keys',
    ],
    ['a hundred thousand levels', `{"a":${'['.repeat(100_000)}`, 'expected at most 16 levels'],
  ])('are refused: %s', async (_what, payload, message) => {
    const answer = await api.submit(payload)
    expect([answer.statusCode, answer.json().errors]).toEqual([400, [{ field: 'body', message }]])
  })

  it('of invalid UTF-8 are refused', async () => {
    const payload = Buffer.concat([Buffer.from('{"first_name":"Jos'), Buffer.from([0xe9]), Buffer.from('"}')])
    const answer = await api.app.inject({
      method: 'POST',
      url: SUBMIT,
      headers: { ...bearer(), ...JSON_TYPE },
      payload,
    })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'unreadable_body'])
  })

  it('of XML that would grow are refused', async () => {
    const payload = '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><lead><email>&b;</email></lead>'
    const answer = await api.submit(payload, { headers: { ...bearer(), 'content-type': 'application/xml' } })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'unreadable_body'])
  })

  it('with NUL, half characters and names of prototypes are leads like any other', async () => {
    const payload = `{"first_name":"Jan\\u0000\\ud800eth","email":"janeth.nul@example.com","__proto__":{"accepted":true},"constructor":{"prototype":{"x":1}}}`
    const answer = await api.submit(payload)
    expect(answer.statusCode).toBe(201)
    expect(({} as { x?: unknown; accepted?: unknown }).x).toBeUndefined()
    expect(({} as { x?: unknown; accepted?: unknown }).accepted).toBeUndefined()
  })
})

describe('the log', () => {
  it('has a line an answer, and no value, key or address that was sent', async () => {
    const from = api.logged.length
    const key = api.keys.web ?? ''
    const secret = lead({ first_name: 'Zebedeus', phone: '+12025550188' })
    await api.submit(secret, {
      url: `${SUBMIT}?key=${key}&who=Zebedeus`,
      headers: { ...JSON_TYPE, 'x-correlation-id': secret.email },
    })
    await api.submit(secret, { url: '/flows/Zebedeus/sources/web/submit' })
    await api.submit('{"first_name":"Zebedeus" oops')
    await api.submit(lead(), { url: '/Zebedeus' })
    const lines = api.logged.slice(from)
    const answered = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'answered')
    expect(answered.map(({ route, status, code }) => [route, status, code])).toEqual([
      [SUBMIT.replace('roofs', ':flow').replace('web', ':source'), 201, undefined],
      ['/flows/:flow/sources/:source/submit', 403, 'forbidden'],
      ['/flows/:flow/sources/:source/submit', 400, 'unreadable_body'],
      ['unmatched', 404, 'not_found'],
    ])
    expect(answered[0]).toMatchObject({ method: 'POST', ms: expect.any(Number), correlation_id: expect.any(String) })
    const text = lines.join('\n')
    for (const value of ['Zebedeus', '2025550188', 'janeth', 'example.com', key]) {
      expect(text.toLowerCase()).not.toContain(value.toLowerCase())
    }
  })

  it('takes over a correlation id only where it is a plain token', async () => {
    const send = async (id: string) =>
      (await api.submit(lead(), { headers: { ...bearer(), ...JSON_TYPE, 'x-correlation-id': id } })).headers[
        'x-correlation-id'
      ]
    expect(await send('trace_abc-123')).toBe('trace_abc-123')
    for (const other of ['jane@example.com', '12025550143', 'a b', 'x'.repeat(65), '<x>abcdef']) {
      expect(await send(other)).toMatch(/^r[0-9a-f]{18}-[0-9a-z]+$/)
    }
  })
})
