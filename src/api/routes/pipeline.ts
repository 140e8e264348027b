import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Static } from 'typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { type HoldAsked, type HoldScope, liftHolds, listHolds, QUEUES, setHolds } from '../../delivery/holds.ts'
import { laneOf } from '../../delivery/lane.ts'
import { openPlaces, type Place, rearmAlerts } from '../../delivery/read.ts'
import { openLane } from '../../delivery/store.ts'
import { FEED_FLOW } from '../../feed/sender.ts'
import { findRecipient } from '../../feed/subscriptions.ts'
import { actorOf } from '../audited.ts'
import { MetricAnswer, MetricQuery, PipelineAnswer, PipelineBody } from '../contract/pipeline.ts'
import { problems } from '../contract/problem.ts'
import { holdViewOf } from '../delivery-health.ts'
import { requireIds } from '../delivery-views.ts'
import type { ApiDeps } from '../deps.ts'
import { partsOf, readPublished } from '../flow-documents.ts'
import { sessionOf } from '../guard.ts'
import { readMetric } from '../pipeline-metrics.ts'
import type { Session } from '../request.ts'
import { isoOrNull } from '../times.ts'

type Asked = Static<typeof PipelineBody>

/** Emergency mode ends by itself, whoever forgets it. */
const EMERGENCY_S = 3_600

const wrong = (field: string, message: string): Fault =>
  new Fault('invalid_request', { message: `${field}: ${message}`, problems: [{ field, message }] })

const targetsOf = (asked: Asked): HoldAsked[] => [
  ...(asked.queues ?? []).map((name) => ({ scope: 'queue' as const, name })),
  ...(asked.destinations ?? []).map((name) => ({ scope: 'destination' as const, name })),
]

const placeOf = (name: string): Place => {
  const { flowId: flow, destination } = laneOf('', name)
  return { flow, destination }
}

const shown = ({ scope, name }: HoldAsked): string => (name === '' ? scope : `${scope} ${name}`)

/** The switchboard of a tenant's pipeline. Each deed is journaled in the audit, in its own transaction. */
export const pipelineRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, keys, audit } = deps
    const { amendments, gate } = deps.delivery
    const tags = ['Pipeline']
    const security = [{ login: [] }, { cookie: [] }]

    interface Deed {
      readonly session: Session
      readonly ip: string
      readonly asked: Asked
    }

    const note = (
      { session, ip, asked }: Deed,
      done: readonly string[],
      more: { readonly until?: number | null } = {},
    ) => ({
      tenantId: session.tenantId,
      actor: actorOf(session),
      action: `pipeline.${asked.action}`,
      resource: 'pipeline',
      resourceId: null,
      data: { done: [...done], ...(more.until !== undefined && { until: isoOrNull(more.until) }) },
      personal: { ip, reason: asked.reason ?? null },
    })

    const stop = async (deed: Deed, holds: readonly HoldAsked[], seconds: number | undefined): Promise<string[]> => {
      const { session, asked } = deed
      const { tenantId } = session
      const now = clock.now()
      const until = seconds === undefined ? null : now + seconds * 1000
      const reason = asked.reason === undefined ? null : await keys.sealTenant(tenantId, asked.reason)
      const done = holds.map(shown)
      await database.transaction([tenantId], async (tx) => {
        await audit.recordIn(tx, [note(deed, done, { until })])
        await setHolds(tx, { tenantId, holds, now, until, by: session.userId, reason })
      })
      return done
    }

    const lift = async (deed: Deed, scopes: readonly HoldScope[], names: readonly string[]): Promise<string[]> => {
      const { tenantId } = deed.session
      const lifted = await database.transaction([tenantId], async (tx) => {
        const gone = await liftHolds(tx, { tenantId, scopes, names, now: clock.now() })
        await audit.recordIn(tx, [note(deed, gone.map(shown))])
        return gone
      })
      for (const { scope, name } of lifted)
        if (scope === 'destination') await openLane(database, laneOf(tenantId, name), clock.now())
      return lifted.map(shown)
    }

    const resolve = async (deed: Deed): Promise<string[]> => {
      const { session, asked } = deed
      const { lead_id: leadId, delivery_id: deliveryId, resolution = 'resume', reason = null } = asked
      const { tenantId, userId: by } = session
      if (leadId === undefined) throw wrong('lead_id', 'expected the lead to resolve')
      requireIds(leadId)
      if (resolution === 'resume') {
        await amendments.resumeLead({ tenantId, leadId, by, reason })
        await audit.record(note(deed, [`lead ${leadId} resume`]))
        return [`lead ${leadId} resume`]
      }
      if (deliveryId === undefined) throw wrong('delivery_id', `expected the delivery to ${resolution}`)
      requireIds(deliveryId)
      await amendments.decideDelivery({
        tenantId,
        leadId,
        deliveryId,
        decision: resolution === 'replay' ? 'send_again' : resolution,
        by,
        reason,
      })
      await rearmAlerts(database, tenantId)
      const done = [`lead ${leadId} delivery ${deliveryId} ${resolution}`]
      await audit.record(note(deed, done))
      return done
    }

    /** One that is mistyped stops nothing, and nobody would see it. */
    const requireKnown = async (tenantId: string, names: readonly string[]): Promise<void> => {
      if (names.length === 0) return
      const known = new Set(
        (await openPlaces(database, tenantId)).map(({ flow, destination }) => `${flow}/${destination}`),
      )
      for (const flow of await readPublished(database, tenantId))
        for (const id of partsOf(flow, 'destinations').keys()) known.add(`${flow.id}/${id}`)
      for (const name of names) {
        if (known.has(name)) continue
        const { flow, destination } = placeOf(name)
        if (flow === FEED_FLOW && isId(destination) && (await findRecipient(database, tenantId, destination))) continue
        throw wrong('destinations', `there is no destination "${destination}" in the flow "${flow}"`)
      }
    }

    const act = async (deed: Deed): Promise<string[]> => {
      const { asked } = deed
      const { enabled = true, reason, duration } = asked
      switch (asked.action) {
        case 'pause-queues': {
          await requireKnown(deed.session.tenantId, asked.destinations ?? [])
          const targets = targetsOf(asked)
          const all = QUEUES.map((name) => ({ scope: 'queue' as const, name }))
          return stop(deed, targets.length > 0 ? targets : all, duration)
        }
        case 'resume-queues': {
          const targets = targetsOf(asked)
          const names = targets.map(({ name }) => name)
          return lift(deed, ['queue', 'destination'], names)
        }
        case 'emergency-mode':
          if (!enabled) return lift(deed, ['emergency'], [])
          if (reason === undefined) throw wrong('reason', 'say why: others will ask')
          return stop(deed, [{ scope: 'emergency', name: '' }], duration ?? EMERGENCY_S)
        case 'pause-tenant-calls':
          return enabled ? stop(deed, [{ scope: 'tenant', name: '' }], duration) : lift(deed, ['tenant'], [])
        case 'resolve-error':
          return resolve(deed)
      }
    }

    app.post(
      '/api/admin/lead-pipeline',
      {
        config: { access: 'job.edit', audit: false },
        schema: {
          tags,
          security,
          summary: 'Pause and resume queues, stop all calls, resolve errors',
          description:
            'Leads are taken in all the while, and nothing that is held is lost. What is stopped is so in all processes ' +
            'within a second; calls under way come to their end.',
          body: PipelineBody,
          response: { 200: PipelineAnswer, ...problems(400, 401, 403, 404, 406, 415, 500, 503) },
        },
      },
      async (request) => {
        const session = sessionOf(request)
        const done = await act({ session, ip: request.ip, asked: request.body })
        await gate.refresh()
        const holds = await listHolds(database, session.tenantId, clock.now())
        return {
          action: request.body.action,
          done,
          holds: await Promise.all(holds.map((hold) => holdViewOf(session.tenantId, hold, keys.openTenant))),
        }
      },
    )

    app.get(
      '/api/admin/lead-pipeline',
      {
        config: { access: 'job.read' },
        schema: {
          tags,
          security,
          summary: 'Read a metric of the pipeline',
          querystring: MetricQuery,
          response: { 200: MetricAnswer, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => readMetric(deps, sessionOf(request).tenantId, request.query.metric),
    )
  }
