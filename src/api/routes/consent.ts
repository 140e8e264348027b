import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { reachOf } from '../../access/matrix.ts'
import { Fault } from '../../base/faults.ts'
import { replyRevokes, revocationKeyword } from '../../privacy/consent-rules.ts'
import { type Channel, type Known, statesAt, unreached } from '../../privacy/consents.ts'
import { readRequest } from '../../privacy/requests.ts'
import { actorOf } from '../audited.ts'
import {
  ConsentBody,
  ConsentRecorded,
  ConsentState,
  ConsentStateBody,
  Link,
  LinkBody,
  PrivacyRequestSummary,
  ReplyAnswer,
  ReplyBody,
  RevocationBody,
} from '../contract/privacy.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { maskEvidence } from '../masking.ts'
import { readPerson } from '../person.ts'
import { requestView } from '../privacy-views.ts'
import { iso, isoOrNull, readTime } from '../times.ts'

/** Nothing is answered as written down of which nothing was: a call has no email, and mail has no number. */
const refuseUnreached = (known: readonly Known[], channels: readonly Channel[]): void => {
  const [channel] = unreached(known, channels)
  if (channel === undefined) return
  const needed = channel === 'email' ? 'email' : channel === 'call' || channel === 'sms' ? 'phone' : 'email or phone'
  throw new Fault('invalid_request', {
    message: `channels: ${channel} needs the ${needed} of the person, which is not known here; nothing was written.`,
  })
}

export const consentRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, privacy, settings } = deps
    const tags = ['Consent']
    const security = [{ login: [] }, { cookie: [] }]
    const refusals = problems(400, 401, 403, 404, 406, 413, 415, 500, 503)

    app.post(
      '/api/v1/consent/records',
      {
        config: { access: 'consent.edit', audit: false },
        schema: {
          tags,
          security,
          summary: 'Write down a consent',
          body: ConsentBody,
          response: { 201: ConsentRecorded, ...refusals },
        },
      },
      async (request, reply) => {
        const session = sessionOf(request)
        const { tenantId } = session
        const { body } = request
        const { known } = await readPerson(deps, tenantId, body)
        refuseUnreached(known, body.channels)
        const records = await privacy.consents.give({
          tenantId,
          actor: actorOf(session),
          known,
          channels: body.channels,
          at: body.given_at === undefined ? clock.now() : Math.min(readTime(body.given_at, 'given_at'), clock.now()),
          wording: body.wording,
          purpose: body.purpose ?? null,
          basis: body.basis ?? 'consent',
          seller: body.seller ?? null,
          url: body.url ?? null,
          ip: body.ip ?? null,
          proof: body.proof ?? null,
          renews: body.renews ?? false,
        })
        reply.code(201)
        return { records: [...records] }
      },
    )

    app.post(
      '/api/v1/consent/state',
      {
        config: { access: 'lead.search', audit: { action: 'consent.read', resource: 'consent' } },
        schema: {
          tags,
          security,
          summary: 'How the consents of a person stand, or stood at a past moment, with the evidence',
          description:
            'In a body, so that personal data stands in no address. Who may not see personal data sees the words agreed ' +
            'to and who was named, and of the rest of the evidence that it is there.',
          body: ConsentStateBody,
          response: { 200: ConsentState, ...refusals },
        },
      },
      async (request) => {
        const { tenantId, role } = sessionOf(request)
        const { reason } = request.body
        const { keys } = await readPerson(deps, tenantId, request.body)
        const isShown =
          reachOf(role, 'lead.read_personal') === 'all' ||
          (reason !== undefined && reachOf(role, 'lead.unmask') === 'all')
        request.auditData = { personal: isShown }
        if (reason !== undefined) request.auditPersonal = { reason }
        const at = request.body.at === undefined ? clock.now() : readTime(request.body.at, 'at')
        const records = await privacy.consents.records(tenantId, keys)
        return {
          channels: statesAt(records, at).map(({ channel, state, since }) => ({
            channel,
            state,
            since: isoOrNull(since),
          })),
          records: records
            .filter((record) => record.at <= at)
            .map((record) => ({
              ...record,
              at: iso(record.at),
              evidence: isShown ? record.evidence : maskEvidence(record.evidence),
            })),
        }
      },
    )

    app.post(
      '/api/v1/consent/revocations',
      {
        config: { access: 'consent.edit', audit: false },
        schema: {
          tags,
          security,
          summary: 'Take a consent back for a person',
          description:
            'When this is answered, no call to a destination begins any more for what was taken back with `share` or ' +
            '`all`; every destination that has a lead of the person is told, with a deadline.',
          body: RevocationBody,
          response: { 202: PrivacyRequestSummary, ...refusals },
        },
      },
      async (request, reply) => {
        const session = sessionOf(request)
        const { tenantId } = session
        const { channels = ['all'], note } = request.body
        const { known } = await readPerson(deps, tenantId, request.body)
        refuseUnreached(known, channels)
        const made = await privacy.consents.block({
          tenantId,
          actor: actorOf(session),
          kind: 'revoke',
          known,
          channels,
          via: session.kind === 'user' ? 'operator' : 'api',
          evidence: note === undefined ? null : { note },
        })
        await privacy.fanOut.begin(made)
        reply.code(202).header('location', `/api/v1/privacy/requests/${made.id}`)
        return requestView((await readRequest(database, tenantId, made.id)) ?? made, clock.now())
      },
    )

    app.post(
      '/api/v1/consent/replies',
      {
        config: { access: 'consent.edit', audit: false },
        schema: {
          tags,
          security,
          summary: 'Hand in a reply: STOP and its like take the consent back',
          description: 'For gateways of text messages and mail. What says something else does nothing.',
          body: ReplyBody,
          response: { 200: ReplyAnswer, ...refusals },
        },
      },
      async (request) => {
        const session = sessionOf(request)
        const { tenantId } = session
        const { from, text, channel = 'sms', country } = request.body
        const keyword = revocationKeyword(text)
        if (keyword === null) return { revoked: false, keyword: null, request_id: null, due_at: null }
        const who = channel === 'sms' ? { phone: from } : { email: from }
        const { known } = await readPerson(deps, tenantId, { ...who, ...(country !== undefined && { country }) })
        const channels: Channel[] = replyRevokes(clock.now()) === 'all' ? ['all'] : [channel]
        const evidence = { text: text.slice(0, 500) }
        const asked = {
          tenantId,
          actor: actorOf(session),
          kind: 'revoke' as const,
          known,
          channels,
          via: 'reply',
          evidence,
        }
        const made = await privacy.consents.block(asked)
        await privacy.fanOut.begin(made)
        return { revoked: true, keyword, request_id: made.id, due_at: iso(made.dueAt) }
      },
    )

    app.post(
      '/api/v1/consent/links',
      {
        config: { access: 'consent.edit', audit: { action: 'consent.link', resource: 'consent' } },
        schema: {
          tags,
          security,
          summary: 'Make a link by which a person takes a consent back with one click',
          body: LinkBody,
          response: { 201: Link, ...refusals },
        },
      },
      async (request, reply) => {
        const { tenantId } = sessionOf(request)
        const { channels = ['all'] } = request.body
        const { known } = await readPerson(deps, tenantId, request.body)
        refuseUnreached(known, channels)
        const token = privacy.consents.linkToken(tenantId, known, channels)
        reply.code(201)
        return { url: `${settings.publicUrl ?? ''}/consent/${token}` }
      },
    )
  }
