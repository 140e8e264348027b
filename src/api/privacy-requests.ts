import type { Actor } from '../audit/types.ts'
import { newId } from '../base/ids.ts'
import { insertRequest, readRequest } from '../privacy/requests.ts'
import type { Person } from '../privacy/subject.ts'
import type { PrivacyRequest } from '../privacy/types.ts'
import type { ApiDeps } from './deps.ts'

const MONTH_MS = 30 * 86_400_000

/**
 * Notes a request that needs no more than its row: a look at everything, or fields that were mended, of which whoever
 * received the lead is told.
 */
export const noteRequest = async (
  deps: Pick<ApiDeps, 'database' | 'clock' | 'audit' | 'privacy'>,
  asked: {
    readonly tenantId: string
    readonly actor: Actor
    readonly kind: 'access' | 'rectify'
    readonly person: Person
    readonly fields: readonly string[] | null
  },
): Promise<PrivacyRequest> => {
  const { database, clock, audit, privacy } = deps
  const { tenantId, actor, kind, person, fields } = asked
  const now = clock.now()
  const isOver = kind === 'access'
  const request: PrivacyRequest = {
    tenantId,
    id: newId(now),
    kind,
    status: isOver ? 'done' : 'working',
    at: now,
    actor,
    dueAt: now + MONTH_MS,
    completedAt: isOver ? now : null,
    // What was mended is of one lead; a look is of the person.
    subject: { keys: isOver ? person.keys : [], leads: person.leads },
    data: fields === null ? {} : { fields },
    receipt: null,
  }
  await database.transaction([tenantId], async (tx) => {
    await tx.query(insertRequest(request))
    const data = fields === null ? {} : { fields: [...fields] }
    await audit.recordIn(tx, [
      { tenantId, actor, action: `privacy.${kind}`, resource: 'privacy_request', resourceId: request.id, data },
    ])
  })
  if (!isOver) await privacy.fanOut.begin(request)
  return (await readRequest(database, tenantId, request.id)) ?? request
}
