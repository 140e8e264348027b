import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Fault } from '../../base/faults.ts'
import { firstIdAt, isId } from '../../base/ids.ts'
import { problems } from '../contract/problem.ts'
import {
  PROCESS_MAX,
  ProcessAnswer,
  ProcessBody,
  ProcessOneAnswer,
  ProcessParams,
  StatusAnswer,
} from '../contract/process.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { isoOrNull, readTime } from '../times.ts'

/** No later than this in work: the mark of those who wait for a person, who are due at infinity. */
const NEVER = `'9000-01-01'::timestamptz`
const DAY_MS = 86_400_000

interface Woken {
  readonly id: string
  readonly state: 'started' | 'running' | 'waiting_for_person'
}

/** What stands still, and how it goes on. */
export const processRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, runner, settings, isDraining } = deps
    const tags = ['Pipeline']
    const security = [{ login: [] }, { cookie: [] }]
    const startedAt = performance.timeOrigin

    /** Lets unfinished leads be due now. The sweeper of whichever process comes first takes them up. */
    const wake = async (asked: {
      readonly tenantId: string
      readonly id: string | null
      readonly flow: string | null
      readonly source: string | null
      readonly status: string | null
      readonly from: number | null
      readonly to: number | null
      readonly limit: number
    }): Promise<Woken[]> => {
      const [rows = []] = await database.batch(
        [asked.tenantId],
        [
          {
            name: 'wake_leads',
            text: `with found as materialized (
                     select l.id from millrace.lead l
                     where l.tenant_id = $1::uuid and l.closed_at is null
                       and ($2::uuid is null or l.id = $2::uuid) and ($3::text is null or l.flow_id = $3::text)
                       and ($4::text is null or l.source_id = $4::text) and ($5::text is null or l.status = $5::text)
                       and ($6::timestamptz is null or l.received_at >= $6::timestamptz)
                       and ($7::timestamptz is null or l.received_at < $7::timestamptz)
                     order by l.id limit $8::integer
                   ), sleeping as materialized (
                     select w.lead_id from millrace.work w join found f on f.id = w.lead_id
                     where w.tenant_id = $1::uuid and w.runner is null and w.wake_at > $9::timestamptz and w.wake_at < ${NEVER}
                     order by w.lead_id for update of w skip locked
                   ), woken as (
                     update millrace.work w set wake_at = $9::timestamptz from sleeping s
                     where w.tenant_id = $1::uuid and w.lead_id = s.lead_id returning w.lead_id
                   )
                   select f.id, case when k.lead_id is not null then 'started'
                       when w.runner is null and w.wake_at >= ${NEVER} then 'waiting_for_person' else 'running' end as state
                   from found f
                   left join woken k on k.lead_id = f.id
                   left join millrace.work w on w.tenant_id = $1::uuid and w.lead_id = f.id`,
            values: [
              asked.tenantId,
              asked.id,
              asked.flow,
              asked.source,
              asked.status,
              asked.from === null ? null : new Date(asked.from),
              asked.to === null ? null : new Date(asked.to),
              asked.limit,
              new Date(clock.now()),
            ],
          },
        ],
      )
      return rows as unknown as Woken[]
    }

    app.post(
      '/api/v1/pipeline/process',
      {
        config: { access: 'lead.process' },
        schema: {
          tags,
          security,
          summary: 'Take up unfinished leads now',
          description:
            'Leads that wait for a time or for the next attempt of a delivery are taken up at once; a time that has not ' +
            'come yet is waited for again. Leads in review or parked wait for a person.',
          body: Type.Optional(ProcessBody),
          response: { 202: ProcessAnswer, ...problems(400, 401, 403, 406, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { flow = null, source = null, status = null, from, to, limit = PROCESS_MAX } = request.body ?? {}
        const woken = await wake({
          tenantId: sessionOf(request).tenantId,
          id: null,
          flow,
          source,
          status,
          from: from === undefined ? null : readTime(from, 'from'),
          to: to === undefined ? null : readTime(to, 'to'),
          limit,
        })
        const count = (state: Woken['state']): number => woken.filter((each) => each.state === state).length
        const counts = {
          matched: woken.length,
          started: count('started'),
          running: count('running'),
          waiting_for_person: count('waiting_for_person'),
        }
        request.auditData = counts
        reply.code(202)
        return counts
      },
    )

    app.post(
      '/api/v1/pipeline/process/:lead_id',
      {
        config: { access: 'lead.process' },
        schema: {
          tags,
          security,
          summary: 'Take up one unfinished lead now',
          params: ProcessParams,
          response: { 202: ProcessOneAnswer, ...problems(400, 401, 403, 404, 406, 409, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId } = sessionOf(request)
        const id = request.params.lead_id
        const none = new Fault('not_found', { message: 'There is no such lead' })
        if (!isId(id)) throw none
        const [woken] = await wake({
          tenantId,
          id,
          flow: null,
          source: null,
          status: null,
          from: null,
          to: null,
          limit: 1,
        })
        if (!woken) {
          if ((await deps.reader.read(tenantId, id)) === null) throw none
          throw new Fault('conflict', { message: 'The journey of this lead has ended: there is nothing to take up.' })
        }
        const statusUrl = `${settings.publicUrl ?? ''}/api/v1/leads/${id}`
        reply.code(202).header('location', statusUrl)
        return { lead_id: id, state: woken.state, status_url: statusUrl }
      },
    )

    app.get(
      '/api/v1/status',
      {
        config: { access: 'status.read' },
        schema: {
          tags,
          security,
          summary: 'How the tenant’s leads stand',
          response: { 200: StatusAnswer, ...problems(401, 403, 406, 429, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const now = clock.now()
        const midnight = Math.floor(now / DAY_MS) * DAY_MS
        const [work = [], today = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'status_of_work',
              text: `select count(*) as total,
                       count(*) filter (where wake_at <= $2::timestamptz or runner is not null) as due,
                       count(*) filter (where runner is null and wake_at > $2::timestamptz and wake_at < ${NEVER}) as later,
                       count(*) filter (where runner is null and wake_at >= ${NEVER}) as person,
                       min(wake_at) filter (where wake_at <= $2::timestamptz) as oldest
                     from millrace.work where tenant_id = $1::uuid`,
              values: [tenantId, new Date(now)],
            },
            {
              name: 'status_of_today',
              text: `select count(*) as received, count(*) filter (where outcome = 'success') as accepted,
                       count(*) filter (where outcome = 'failure') as rejected, count(*) filter (where outcome = 'error') as errors,
                       count(*) filter (where outcome is null) as open
                     from millrace.lead where tenant_id = $1::uuid and id >= $2::uuid and not test`,
              values: [tenantId, firstIdAt(midnight)],
            },
          ],
        )
        const [waiting = {}] = work
        const [counts = {}] = today
        const of = (row: Readonly<Record<string, unknown>>, name: string): number => Number(row[name] ?? 0)
        return {
          status: isDraining() ? ('draining' as const) : ('ok' as const),
          version: settings.version,
          uptime_s: Math.max(0, Math.round((now - startedAt) / 1000)),
          in_flight: runner.inFlight(),
          unfinished: {
            total: of(waiting, 'total'),
            due: of(waiting, 'due'),
            later: of(waiting, 'later'),
            waiting_for_person: of(waiting, 'person'),
            oldest_due_at: isoOrNull((waiting.oldest as number | null | undefined) ?? null),
          },
          today: {
            received: of(counts, 'received'),
            accepted: of(counts, 'accepted'),
            rejected: of(counts, 'rejected'),
            errors: of(counts, 'errors'),
            open: of(counts, 'open'),
          },
        }
      },
    )
  }
