import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { problems } from '../contract/problem.ts'
import { NumberOrNull, TextOrNull, Time, TimeOrNull } from '../contract/shapes.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso, isoOrNull } from '../times.ts'

const Days = (words: string) =>
  Type.Optional(
    Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      minimum: 1,
      maximum: 36_500,
      description: `${words} Null: for ever.`,
    }),
  )

const PolicyBody = Type.Object(
  {
    leads: Days('Days that leads are kept.'),
    consent: Days('Days that consents and their evidence are kept.'),
    audit: Days('Days that entries of the audit are kept.'),
  },
  { additionalProperties: false },
)
const Policy = Type.Object({ leads: NumberOrNull(), consent: NumberOrNull(), audit: NumberOrNull() })
const Runs = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      at: Time('When it ran.'),
      kind: Type.String(),
      before: Time('What was older went.'),
      items: Type.Integer(),
      segments: Type.Integer(),
      archive: TextOrNull(),
      digest: TextOrNull({ description: 'SHA-256 of the archive.' }),
    }),
  ),
})
const RunBody = Type.Object({ dry_run: Type.Boolean() }, { additionalProperties: false })
const Report = Type.Object({
  items: Type.Array(
    Type.Object({
      kind: Type.String(),
      before: TimeOrNull('What is older goes.'),
      items: Type.Integer({ description: 'Leads, records or entries.' }),
      segments: Type.Integer(),
      open: Type.Integer({ description: 'Leads that are old and have not ended: left alone.' }),
      archive: TextOrNull(),
    }),
  ),
})

export const retentionRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const retention = () => deps.privacy.retention
    const tags = ['Privacy']
    const security = [{ login: [] }, { cookie: [] }]
    const reading = problems(401, 403, 406, 500, 503)
    const writing = problems(400, 401, 403, 406, 413, 415, 500, 503)

    app.get(
      '/api/v1/privacy/retention',
      {
        config: { access: 'privacy.read' },
        schema: { tags, security, summary: 'How many days what is kept', response: { 200: Policy, ...reading } },
      },
      async (request) => ({ ...(await retention().policy(sessionOf(request).tenantId)) }),
    )
    app.put(
      '/api/v1/privacy/retention',
      {
        config: { access: 'privacy.edit', audit: { action: 'retention.set', resource: 'retention' } },
        schema: {
          tags,
          security,
          summary: 'Say how many days what is kept',
          body: PolicyBody,
          response: { 200: Policy, ...writing },
        },
      },
      async (request) => {
        request.auditData = { ...request.body }
        return { ...(await retention().setPolicy(sessionOf(request).tenantId, request.body)) }
      },
    )
    app.get(
      '/api/v1/privacy/retention/runs',
      {
        config: { access: 'privacy.read' },
        schema: { tags, security, summary: 'What was let go, newest first', response: { 200: Runs, ...reading } },
      },
      async (request) => ({
        items: (await retention().runs(sessionOf(request).tenantId)).map((run) => ({
          ...run,
          at: iso(run.at),
          before: iso(run.before),
        })),
      }),
    )
    app.post(
      '/api/v1/privacy/retention/runs',
      {
        config: { access: 'privacy.edit', audit: { action: 'retention.ask', resource: 'retention' } },
        schema: {
          tags,
          security,
          summary: 'Let go what is old now, or only count it',
          body: RunBody,
          response: { 200: Report, ...writing },
        },
      },
      async (request) => ({
        items: (await retention().run(sessionOf(request).tenantId, { dryRun: request.body.dry_run })).map((report) => ({
          ...report,
          before: isoOrNull(report.before),
        })),
      }),
    )
  }
