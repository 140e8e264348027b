import { expect } from 'vitest'
import { type TestApi, testApi } from './api.ts'
import { openSink, type Sink } from './sink.ts'

/** A flow whose leads are sold to one destination that takes each once, and what people then do about deliveries. */
export interface Sold {
  readonly api: TestApi
  readonly sink: Sink
  readonly flow: string
  /** A lead that is delivered, as the sink answers. */
  submit(): Promise<string>
  /** One that its destination will not have: a dead letter. */
  die(): Promise<string>
  /** Logged in anew each time: the clock moves. */
  as(role: string, tenantId?: string): Promise<{ readonly authorization: string }>
  // biome-ignore lint/suspicious/noExplicitAny: what is answered is what the test is about
  get(url: string, role?: string): Promise<{ readonly status: number; readonly body: any }>
  // biome-ignore lint/suspicious/noExplicitAny: what is answered is what the test is about
  post(url: string, body: object, role?: string): Promise<{ readonly status: number; readonly body: any }>
  /** What the job of a replay, or of a discard, does when it runs. */
  goOn(run: string): Promise<unknown>
  /** Discards every dead letter; gives the run. */
  putAway(reason: string): Promise<string>
  close(): Promise<void>
}

export const openSold = async (): Promise<Sold> => {
  const sink = await openSink()
  const api = await testApi()
  const { home } = api
  const flow = `
flow: sold
fields: { email: { type: email, required: true } }
sources: [ { id: web, price: { id: base, amount: "5.00 USD" } } ]
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: unsafe, attempts: 1, breaker: 'off' }
steps: [ { deliver: { to: crm } } ]
`
  await home.publish(flow)
  let count = 0
  const submit = async (): Promise<string> => {
    count += 1
    const { answer } = await home.submit('sold', 'web', { email: `person.${count}@example.com` })
    return answer.lead_id
  }
  const logins = new Set<string>()
  const as: Sold['as'] = async (role, tenantId = home.tenantId) => {
    const login = { email: `${role}.${tenantId}@example.com`, password: 'a long enough password' }
    if (!logins.has(login.email)) await api.addLogin({ ...login, role, tenantId })
    logins.add(login.email)
    return { authorization: `Bearer ${await api.token(login)}` }
  }
  const post: Sold['post'] = async (url, body, role = 'owner') => {
    const response = await api.app.inject({ method: 'POST', url, headers: await as(role), payload: body })
    return { status: response.statusCode, body: response.json() }
  }
  const goOn = (run: string) => home.house.delivery.deadLetters.goOn({ tenantId: home.tenantId, run })
  return {
    api,
    sink,
    flow,
    submit,
    die: async () => {
      sink.otherwise({ do: 'answer', status: 404, body: '{"error":"gone"}' })
      const id = await submit()
      sink.otherwise({ do: 'answer' })
      return id
    },
    as,
    get: async (url, role = 'owner') => {
      const response = await api.app.inject({ url, headers: await as(role) })
      return { status: response.statusCode, body: response.json() }
    },
    post,
    goOn,
    putAway: async (reason) => {
      const { status, body } = await post('/api/v1/dead-letters/discard', { reason })
      expect(status).toBe(202)
      await goOn(body.id)
      return body.id
    },
    close: async () => {
      await api.close()
      await sink.close()
    },
  }
}
