import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Fault } from '../../base/faults.ts'
import { type DeliveryFilter, type DeliveryRow, listDeliveries, openPlaces, rearmAlerts } from '../../delivery/read.ts'
import type { DeliveryDecision } from '../../lead/events.ts'
import { stateOf } from '../../runner/delivery-rows.ts'
import {
  DeadLetterQuery,
  Decided,
  DeliveryDetail,
  DeliveryListQuery,
  DeliveryPage,
  DeliveryParams,
  DiscardBody,
  ReplayBody,
  ResumeBody,
  SettleBody,
} from '../contract/deliveries.ts'
import { LeadParams } from '../contract/leads.ts'
import { problems } from '../contract/problem.ts'
import { LeadId } from '../contract/shapes.ts'
import { deliveryDetailOf, deliveryPageOf, readPlace, requireIds, summaryOf } from '../delivery-views.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { readTime } from '../times.ts'

const PAGE_DEFAULT = 50

export const filterOf = (asked: {
  readonly flow?: string
  readonly destination?: string
  readonly code?: string
  readonly from?: string
  readonly to?: string
}): DeliveryFilter => ({
  flow: asked.flow,
  destination: asked.destination,
  code: asked.code,
  from: asked.from === undefined ? undefined : readTime(asked.from, 'from'),
  to: asked.to === undefined ? undefined : readTime(asked.to, 'to'),
})

export const deliveryRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, reader, settings, clock } = deps
    const { amendments, gate } = deps.delivery
    const tags = ['Deliveries']
    const security = [{ login: [] }, { cookie: [] }]
    const listed = problems(400, 401, 403, 406, 500, 503)
    const acted = problems(400, 401, 403, 404, 406, 415, 500, 503)

    const isStopped = (tenantId: string) => (row: DeliveryRow) =>
      gate.stopped({ tenantId, flowId: row.flow, destination: row.destination }) !== null

    const page = async (
      request: FastifyRequest,
      filter: DeliveryFilter,
      asked: { readonly limit?: number; readonly cursor?: string },
    ) => {
      const { tenantId } = sessionOf(request)
      const limit = asked.limit ?? PAGE_DEFAULT
      const rows = await listDeliveries(database, tenantId, filter, {
        before: readPlace(asked.cursor),
        limit: limit + 1,
      })
      return deliveryPageOf(rows, limit, isStopped(tenantId))
    }

    app.get(
      '/api/v1/deliveries',
      {
        config: { access: 'lead.trace' },
        schema: {
          tags,
          security,
          summary: 'List deliveries, those of the newest lead first',
          description: 'A delivery is listed once its first attempt has ended or was put off.',
          querystring: DeliveryListQuery,
          response: { 200: DeliveryPage, ...listed },
        },
      },
      async (request) => {
        const { state } = request.query
        const { tenantId } = sessionOf(request)
        const held = state === 'held' && {
          states: ['waiting'],
          places: (await openPlaces(database, tenantId)).filter(
            ({ flow: flowId, destination }) => gate.stopped({ tenantId, flowId, destination }) !== null,
          ),
        }
        const states = held || (state !== undefined && { states: [state] })
        return page(request, { ...filterOf(request.query), ...states }, request.query)
      },
    )

    app.get(
      '/api/v1/dead-letters',
      {
        config: { access: 'lead.trace' },
        schema: {
          tags,
          security,
          summary: 'List dead letters: deliveries that were given up',
          querystring: DeadLetterQuery,
          response: { 200: DeliveryPage, ...listed },
        },
      },
      async (request) => page(request, { ...filterOf(request.query), states: ['dead'] }, request.query),
    )

    app.get(
      '/api/v1/leads/:id/deliveries/:delivery',
      {
        config: { access: 'lead.read_personal', audit: { action: 'delivery.read', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Read a delivery with both sides of its calls',
          params: DeliveryParams,
          response: { 200: DeliveryDetail, ...acted },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { id, delivery: deliveryId } = request.params
        requireIds(id, deliveryId)
        request.auditData = { delivery: deliveryId }
        const found = await reader.read(tenantId, id)
        const delivery = found?.lead.deliveries.get(deliveryId)
        if (!found || !delivery) throw new Fault('not_found', { message: 'There is no such delivery' })
        const row: DeliveryRow = {
          id: delivery.id,
          lead_id: id,
          flow: found.lead.flow,
          destination: delivery.destination,
          state: stateOf(delivery),
          code: delivery.code,
          attempts: delivery.attempts,
          opened_at: delivery.openedAt,
          changed_at:
            found.events.findLast((event) => 'delivery' in event.data && event.data.delivery === delivery.id)?.at ??
            delivery.openedAt,
          next_at: delivery.nextAt,
        }
        return deliveryDetailOf({ summary: summaryOf(row, isStopped(tenantId)), delivery, events: found.events })
      },
    )

    const decide = async (
      request: FastifyRequest<{ Params: { id: string; delivery: string } }>,
      decision: DeliveryDecision,
      more: {
        reason: string | null
        reference?: string | null
        payload?: Readonly<Record<string, never>> | null
        at?: number
      },
    ) => {
      const { tenantId, userId } = sessionOf(request)
      const { id: leadId, delivery: deliveryId } = request.params
      requireIds(leadId, deliveryId)
      const { state } = await amendments.decideDelivery({ tenantId, leadId, deliveryId, decision, by: userId, ...more })
      request.auditData = { delivery: deliveryId, decision }
      await rearmAlerts(database, tenantId)
      return {
        lead_id: leadId,
        delivery_id: deliveryId,
        state,
        status_url: `${settings.publicUrl ?? ''}/api/v1/leads/${leadId}/deliveries/${deliveryId}`,
      }
    }

    app.post(
      '/api/v1/leads/:id/deliveries/:delivery/replay',
      {
        config: { access: 'job.edit', audit: { action: 'delivery.replay', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Send a delivery again that was given up or refused',
          description:
            'By the destination as it is published now. Its lead opens again until it has ended; the price its source was ' +
            'told does not change.',
          params: DeliveryParams,
          body: ReplayBody,
          response: { 202: Decided, ...acted },
        },
      },
      async (request, reply) => {
        const { reason, payload, at } = request.body
        reply.code(202)
        return decide(request, 'send_again', {
          reason: reason ?? null,
          payload: payload ?? null,
          at: at === undefined ? clock.now() : readTime(at, 'at'),
        })
      },
    )

    app.post(
      '/api/v1/leads/:id/deliveries/:delivery/discard',
      {
        config: { access: 'job.edit', audit: { action: 'delivery.discard', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Put a dead letter away',
          params: DeliveryParams,
          body: DiscardBody,
          response: { 200: Decided, ...acted },
        },
      },
      async (request) => decide(request, 'discard', { reason: request.body.reason }),
    )

    app.post(
      '/api/v1/leads/:id/deliveries/:delivery/settle',
      {
        config: { access: 'job.edit', audit: { action: 'delivery.settle', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Say what became of a delivery that was sent and not answered',
          params: DeliveryParams,
          body: SettleBody,
          response: { 202: Decided, ...acted },
        },
      },
      async (request, reply) => {
        const { outcome, reason, reference } = request.body
        reply.code(202)
        return decide(request, outcome, { reason, reference: reference ?? null })
      },
    )

    app.post(
      '/api/v1/leads/:id/resume',
      {
        config: { access: 'lead.process', audit: { action: 'lead.resume', resource: 'lead' } },
        schema: {
          tags: ['Leads'],
          security,
          summary: 'Let a lead go on that a fault has parked',
          params: LeadParams,
          body: ResumeBody,
          response: { 202: Type.Object({ lead_id: LeadId, status_url: Type.String() }), ...acted },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const { id } = request.params
        requireIds(id)
        await amendments.resumeLead({ tenantId, leadId: id, by: userId, reason: request.body.reason ?? null })
        reply.code(202)
        return { lead_id: id, status_url: `${settings.publicUrl ?? ''}/api/v1/leads/${id}` }
      },
    )
  }
