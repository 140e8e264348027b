import type { Static } from 'typebox'
import type { Notice, PrivacyRequest } from '../privacy/types.ts'
import type { PrivacyRequestDetail, PrivacyRequestSummary } from './contract/privacy.ts'
import { iso, isoOrNull } from './times.ts'

export const requestView = (request: PrivacyRequest, now: number): Static<typeof PrivacyRequestSummary> => ({
  id: request.id,
  kind: request.kind,
  status: request.status,
  at: iso(request.at),
  due_at: iso(request.dueAt),
  completed_at: isoOrNull(request.completedAt),
  overdue: request.status !== 'done' && request.dueAt < now,
  leads: typeof request.data.leads === 'number' ? request.data.leads : null,
})

export const requestDetail = (
  request: PrivacyRequest,
  notices: readonly Notice[],
  now: number,
): Static<typeof PrivacyRequestDetail> => ({
  ...requestView(request, now),
  notices: notices.map((notice) => ({
    id: notice.id,
    destination: notice.destination,
    lead_id: notice.leadId,
    act: notice.act,
    status: notice.status,
    attempts: notice.attempts,
    code: notice.code,
    due_at: iso(notice.dueAt),
    told_at: isoOrNull(notice.toldAt),
    acknowledged_at: isoOrNull(notice.acknowledgedAt),
    acknowledged_by: notice.acknowledgedBy,
    overdue: notice.status !== 'acknowledged' && notice.dueAt < now,
  })),
  bundle_url: request.kind === 'access' ? `/api/v1/privacy/requests/${request.id}/bundle` : null,
  receipt_url: request.receipt === null ? null : `/api/v1/privacy/requests/${request.id}/receipt`,
})
