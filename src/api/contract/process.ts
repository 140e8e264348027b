import { Type } from 'typebox'
import { LeadId, TimeOrNull } from './shapes.ts'

export const PROCESS_MAX = 1_000

const Filter = Type.Optional(Type.String({ minLength: 1, maxLength: 100 }))

export const ProcessBody = Type.Object(
  {
    flow: Filter,
    source: Filter,
    status: Filter,
    from: Type.Optional(Type.String({ maxLength: 40, description: 'Received at or after this time (ISO 8601).' })),
    to: Type.Optional(Type.String({ maxLength: 40, description: 'Received before this time (ISO 8601).' })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: PROCESS_MAX,
        description: `Leads at most, the oldest first. Default ${PROCESS_MAX}.`,
      }),
    ),
  },
  { additionalProperties: false },
)
export const ProcessAnswer = Type.Object({
  matched: Type.Integer({ description: 'Unfinished leads that the filter found.' }),
  started: Type.Integer({ description: 'Of these, taken up now instead of when they were due.' }),
  running: Type.Integer({ description: 'Of these, taken up already, or due anyway.' }),
  waiting_for_person: Type.Integer({ description: 'Of these, in review or parked: only a person moves them.' }),
})

export const ProcessParams = Type.Object({ lead_id: Type.String() })
export const ProcessOneAnswer = Type.Object({
  lead_id: LeadId,
  state: Type.Enum(['started', 'running', 'waiting_for_person']),
  status_url: Type.String({ description: 'Where the lead can be read: its journey goes on by itself.' }),
})

export const StatusAnswer = Type.Object({
  status: Type.Enum(['ok', 'draining']),
  version: Type.String(),
  uptime_s: Type.Integer(),
  in_flight: Type.Integer({ description: 'Journeys now in the process that answers, of all tenants.' }),
  unfinished: Type.Object({
    total: Type.Integer(),
    due: Type.Integer({ description: 'To be taken up now.' }),
    later: Type.Integer({ description: 'Waiting for a time, or for the next attempt of a delivery.' }),
    waiting_for_person: Type.Integer({ description: 'In review or parked.' }),
    oldest_due_at: TimeOrNull('Since when the oldest due lead waits.'),
  }),
  today: Type.Object(
    {
      received: Type.Integer(),
      accepted: Type.Integer(),
      rejected: Type.Integer(),
      errors: Type.Integer(),
      open: Type.Integer(),
    },
    { description: 'Leads received since midnight UTC, tests left out.' },
  ),
})
