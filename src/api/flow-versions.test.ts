import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN, asker, FLOW, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string
const ANALYST = { email: 'an@acme.example', password: 'a long password', role: 'analyst' }

beforeAll(async () => {
  api = await testApi()
  await api.addLogin(ANALYST)
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))

const changed = (text: string): string => FLOW.replace('"NY"', text)
const publish = (document: string, more: object = {}) =>
  ask('POST', '/api/v1/flows', { payload: { document, ...more } })

it('checks a draft with line and column, and keeps nothing of it', async () => {
  const { problems } = (
    await ask('POST', '/api/v1/flows/check', { payload: { document: FLOW.replace('lead.state in', 'lead.stat in') } })
  ).json()
  expect(problems[0]).toMatchObject({ line: expect.any(Number), column: expect.any(Number) })
  expect((await ask('POST', '/api/v1/flows/check', { payload: { document: FLOW } })).json().problems).toEqual([])
  expect((await ask('POST', '/api/v1/flows/check', { payload: { document: '' } })).json().problems).toHaveLength(1)
  expect((await ask('GET', '/api/v1/flows/roofs')).json().versions).toHaveLength(1)
})

it('publishes with a note, and not over what somebody published meanwhile', async () => {
  expect((await publish(changed('"NY", "AK"'), { note: 'Alaska is too far', base_version: 1 })).json().version).toBe(2)
  const late = await publish(changed('"NJ"'), { base_version: 1 })
  expect(late.statusCode).toBe(409)
  const { versions } = (await ask('GET', '/api/v1/flows/roofs')).json()
  expect(versions.map(({ version, note }: { version: number; note: string }) => [version, note])).toEqual([
    [2, 'Alaska is too far'],
    [1, null],
  ])
})

it('goes back by publishing an earlier version again', async () => {
  const back = await ask('POST', '/api/v1/flows/roofs/rollback', { payload: { version: 1 } })
  expect(back.json()).toMatchObject({ flow: 'roofs', version: 3 })
  const third = (await ask('GET', '/api/v1/flows/roofs/versions/3')).json()
  expect(third).toMatchObject({ document: FLOW, note: 'Back to version 1' })
  expect((await ask('POST', '/api/v1/flows/roofs/rollback', { payload: { version: 9 } })).statusCode).toBe(404)
  const as = await api.token(ANALYST)
  expect((await ask('POST', '/api/v1/flows/roofs/rollback', { payload: { version: 1 }, as })).statusCode).toBe(403)
  expect((await ask('GET', '/api/v1/flows/roofs/versions/1', { as })).statusCode).toBe(200)
})
