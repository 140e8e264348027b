import type { FastifyInstance, InjectOptions, RouteOptions } from 'fastify'
import { pino } from 'pino'
import { hashPassword } from '../../src/access/passwords.ts'
import { createApp } from '../../src/api/app.ts'
import type { ApiDeps } from '../../src/api/deps.ts'
import { createMetrics } from '../../src/api/metrics.ts'
import { type MovableClock, movableClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ids.ts'
import { keyedHash16, seal } from '../../src/base/seal.ts'
import type { SendMail } from '../../src/feed/alerts.ts'
import { openUnderTenant } from '../../src/journal/keyring.ts'
import { lookupColumn } from '../../src/runner/journey.ts'
import { registries, type TestHouse, testHouse } from './house.ts'

/** A lead goes in, is read, priced, judged by a filter and, where it says so, looked at by a person. */
export const FLOW = `
flow: roofs
country: US
currency: USD
zone: America/Chicago
fields:
  first_name: first_name
  email: { type: email, required: true }
  phone: phone
  state: state
  comments: string
sources:
  - { id: web, price: { id: base, amount: '15.00 USD' } }
  - { id: partner, price: { id: base, amount: '12.50 USD' }, success_status: 200 }
steps:
  - normalize: {}
  - dedupe: { id: once, on: [[email]], within: 30d, duplicate: reject }
  - filter: { when: '!(lead.state in ["NY"])', reason: 'State not serviced: {{ lead.state }}' }
  - review: { id: look, when: 'lead.comments.contains("look at me")', queue: all }
`

export interface TestLogin {
  readonly tenantId?: string
  readonly email: string
  readonly password: string
  readonly role: string
}

export interface TestApi {
  readonly app: FastifyInstance
  readonly deps: ApiDeps
  readonly home: TestHouse
  readonly clock: MovableClock
  /** Keys by source. */
  readonly keys: Readonly<Record<string, string>>
  /** Lines of the log, the house's and the app's. */
  readonly logged: string[]
  /** Another app on the same house. */
  appWith(over: Partial<ApiDeps>): Promise<FastifyInstance>
  addLogin(login: TestLogin): Promise<void>
  token(login: { email: string; password: string }): Promise<string>
  /** Adds a login; gives its token. */
  signIn(login: TestLogin): Promise<string>
  /** Submits a lead to `web` as JSON. */
  submit(values: unknown, over?: Partial<InjectOptions>): Promise<Answered>
  /** Takes up what is due, once, as the sweeper of a running server does. */
  work(): Promise<void>
  close(): Promise<void>
}

type Answered = Awaited<ReturnType<FastifyInstance['inject']>>

/** Asks as somebody who is logged in: with the token that `as` gives, which may be another by then, or with one of its own. */
export const asker =
  (as: () => { readonly api: TestApi; readonly token: string }) =>
  (
    method: NonNullable<InjectOptions['method']>,
    url: string,
    over: { payload?: object; as?: string; headers?: Record<string, string> } = {},
  ): Promise<Answered> => {
    const { api, token } = as()
    return api.app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${over.as ?? token}`, ...over.headers },
      ...(over.payload === undefined ? {} : { payload: over.payload }),
    })
  }

export const ADMIN = { email: 'Admin@Acme.example', password: 'correct horse', role: 'admin' }
export const SUBMIT = '/flows/roofs/sources/web/submit'
export const START = Date.parse('2026-11-23T10:00:00Z')

export const testApi = async (
  watch: {
    readonly onRoute?: (route: RouteOptions) => void
    readonly mail?: SendMail
    readonly env?: Record<string, string>
  } = {},
): Promise<TestApi> => {
  const clock = movableClock(START)
  const home = await testHouse({
    clock,
    ...(watch.mail && { mail: watch.mail }),
    ...(watch.env && { env: watch.env }),
  })
  const { house, tenantId, logged } = home
  const { keyring, database } = house
  const published = await home.publish(FLOW)
  const keys = Object.fromEntries(published.keys.map(({ source, key }) => [source, key]))

  const deps: ApiDeps = {
    runner: house.runner,
    reader: house.reader,
    database,
    clock,
    log: pino({ level: 'debug' }, { write: (line) => logged.push(line) }),
    audit: house.audit,
    privacy: house.privacy,
    delivery: house.delivery,
    metrics: createMetrics({ version: 'test', inFlight: house.runner.inFlight, connections: database.stats }),
    settings: {
      version: 'test',
      rateLimitMax: 10_000,
      rateLimitWindowMs: 3_600_000,
      publicUrl: null,
      platformKey: null,
      ipRateLimitMax: 1_000_000,
      leadsInFlightMax: 2_000,
      trustedProxies: [],
    },
    keys: {
      token: keyring.derive('token'),
      login: (email) => keyedHash16(keyring.login, email),
      sealTenant: async (tenant, text) => seal((await keyring.tenant(tenant)).wrap, text),
      makeTenant: keyring.createTenantKeys,
      openTenant: async (tenant, sealed) => openUnderTenant(await keyring.tenant(tenant), sealed).toString(),
      person: async (tenant, kind, normal) => lookupColumn(await keyring.tenant(tenant), kind, normal),
    },
    lists: house.lists,
    caps: house.caps,
    send: house.outbound.send,
    mail: null,
    publish: house.publish,
    check: house.check,
    trials: house.trials,
    workbench: house.workbench,
    ownRecords: house.ownRecords,
    feed: {
      forget: house.feed.listeners.forget,
      hint: house.feed.sender.hint,
      test: house.feed.sender.test,
      sendAgain: house.feed.sendAgain.begin,
    },
    destinationTypes: registries.destinations,
    isCurrent: house.isCurrent,
    isDraining: () => false,
  }
  const apps: FastifyInstance[] = []
  const appWith = async (over: Partial<ApiDeps>): Promise<FastifyInstance> => {
    const app = await createApp({ ...deps, ...over })
    apps.push(app)
    return app
  }
  const app = await appWith(watch.onRoute ? { onRoute: watch.onRoute } : {})

  const addLogin: TestApi['addLogin'] = async ({ tenantId: tenant = tenantId, email, password, role }) => {
    const values = [
      tenant,
      newId(clock.now()),
      deps.keys.login(email.trim().toLowerCase()),
      await deps.keys.sealTenant(tenant, email),
      await hashPassword(password),
      role,
      new Date(clock.now()),
    ]
    await database.batch(
      [tenant],
      [
        {
          text: `insert into millrace.login (tenant_id, id, email_key, sealed, password_hash, role, created_at)
                 values ($1::uuid, $2::uuid, $3, $4, $5, $6, $7::timestamptz)`,
          values,
        },
      ],
    )
  }
  const token: TestApi['token'] = async ({ email, password }) => {
    const answer = await app.inject({ method: 'POST', url: '/api/v1/auth/login', payload: { email, password } })
    return answer.json<{ access_token: string }>().access_token
  }

  return {
    app,
    deps,
    home,
    clock,
    keys,
    logged,
    appWith,
    addLogin,
    token,
    signIn: async (login) => {
      await addLogin(login)
      return token(login)
    },
    submit: (values, over = {}) =>
      app.inject({
        method: 'POST',
        url: SUBMIT,
        headers: { authorization: `Bearer ${keys.web}`, 'content-type': 'application/json' },
        payload: typeof values === 'string' ? values : JSON.stringify(values),
        ...over,
      }),
    work: async () => {
      const rows = await database.definer<{ tenant_id: string; lead_id: string; attempts: number }>({
        text: `select tenant_id, lead_id, attempts from millrace.take_due($1::timestamptz, $2::integer, 50, 500, '{}', '{}')`,
        values: [new Date(clock.now()), house.presence.number()],
      })
      for (const row of rows)
        await house.runner.resume({ tenantId: row.tenant_id, leadId: row.lead_id, attempts: row.attempts })
    },
    close: async () => {
      for (const each of apps) await each.close()
      await home.close()
    },
  }
}
