import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import {
  type Alert,
  acknowledgeAlert,
  listAlerts,
  readAlertEmails,
  stateOfAlert,
  writeAlertEmails,
} from '../../feed/alert-store.ts'
import { AlertList, AlertParams, AlertQuery, AlertSettings, AlertSummary } from '../contract/alerts.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso, isoOrNull } from '../times.ts'

const LIMIT_DEFAULT = 50

const viewOf = (alert: Alert) => ({
  id: alert.id,
  kind: alert.kind,
  subject: alert.subject,
  severity: alert.severity,
  state: stateOfAlert(alert),
  code: alert.code,
  count: alert.count,
  raised_at: iso(alert.raisedAt),
  acknowledged_at: isoOrNull(alert.acknowledgedAt),
  acknowledged_by: alert.acknowledgedBy,
  cleared_at: isoOrNull(alert.clearedAt),
})

/** What somebody should look at: raised on the first, told once, cleared by itself when it is over. */
export const alertRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, keys } = deps
    const tags = ['Alerts']
    const security = [{ login: [] }, { cookie: [] }]

    app.get(
      '/api/v1/alerts',
      {
        config: { access: 'job.read' },
        schema: {
          tags,
          security,
          summary: 'List alerts',
          description: 'Newest first; all that are kept where no state is named.',
          querystring: AlertQuery,
          response: { 200: AlertList, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { state, limit = LIMIT_DEFAULT } = request.query
        const states = state === undefined ? [] : [state]
        const alerts = await listAlerts(database, sessionOf(request).tenantId, { states, limit })
        return { items: alerts.map(viewOf) }
      },
    )

    app.post(
      '/api/v1/alerts/:id/acknowledge',
      {
        config: { access: 'job.edit' },
        schema: {
          tags,
          security,
          summary: 'Say that an alert was seen',
          description: 'It is cleared by itself when what it is about is over.',
          params: AlertParams,
          response: { 200: AlertSummary, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId: by } = sessionOf(request)
        const { id } = request.params
        const alert = isId(id) ? await acknowledgeAlert(database, { tenantId, id, by, now: clock.now() }) : null
        if (!alert) throw new Fault('not_found', { message: 'There is no such alert' })
        return viewOf(alert)
      },
    )

    app.get(
      '/api/v1/alerts/settings',
      {
        config: { access: 'settings.edit' },
        schema: {
          tags,
          security,
          summary: 'Read who is mailed of alerts',
          response: { 200: AlertSettings, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const sealed = await readAlertEmails(database, tenantId)
        return { emails: sealed === null ? null : (JSON.parse(await keys.openTenant(tenantId, sealed)) as string[]) }
      },
    )

    app.put(
      '/api/v1/alerts/settings',
      {
        config: { access: 'settings.edit' },
        schema: {
          tags,
          security,
          summary: 'Set who is mailed of alerts',
          body: AlertSettings,
          response: { 200: AlertSettings, ...problems(400, 401, 403, 406, 413, 415, 422, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { emails } = request.body
        const sealed = emails === null ? null : await keys.sealTenant(tenantId, JSON.stringify(emails))
        await writeAlertEmails(database, { tenantId, sealed, now: clock.now() })
        request.auditData = { emails: emails === null ? null : emails.length }
        return { emails }
      },
    )
  }
