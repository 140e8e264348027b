import { Fault } from '../base/faults.ts'
import { isId } from '../base/ids.ts'
import { readKept } from '../ingest/kept.ts'
import type { JournalReader, StoredEvent } from '../journal/types.ts'
import type { Json } from '../kit/field.ts'
import { testScript } from '../kit/test-leads.ts'
import type { EventOf } from '../lead/events.ts'
import type { Lead } from '../lead/lead.ts'
import type { Rerun, Submission, SubmissionResult } from '../runner/types.ts'
import type { ApiDeps } from './deps.ts'

/**
 * A lead that was turned away runs through its flow again, by the version in use: what came in comes in once more, as
 * another lead that names the one before. That lead's journal says so first, under the id that the new one will have;
 * asked again after a crash, it goes on with that id, and never makes two of one.
 */

/** No sender can send such a key: a line end stands in no header. */
const keyOf = (leadId: string): string => `rerun\n${leadId}`

const isOf =
  <T extends StoredEvent['type']>(type: T) =>
  (event: StoredEvent): event is StoredEvent & EventOf<T> =>
    event.type === type

/** The last value that was put in place of each that was mended, and who did. */
const mendedIn = (events: readonly StoredEvent[]): Rerun['mended'] => {
  const values: Record<string, Json> = {}
  let by = ''
  for (const { data, sealed } of events.filter(isOf('lead.rectified'))) {
    for (const [name, { raw }] of Object.entries(sealed?.fields ?? {})) values[name] = raw
    by = data.by
  }
  return by === '' ? null : { values, by }
}

const valuesOf = ({ fields, extra }: Lead): Readonly<Record<string, Json>> => ({
  ...extra,
  ...Object.fromEntries(Object.entries(fields).map(([name, { raw }]) => [name, raw])),
})

type FoundLead = NonNullable<Awaited<ReturnType<JournalReader['read']>>>

interface Asked {
  readonly tenantId: string
  readonly leadId: string
  readonly by: string
  readonly reason: string | null
  readonly mode: Submission['mode']
}

type Deps = Pick<ApiDeps, 'reader' | 'runner' | 'clock' | 'delivery'>

export const rerunLead = async (deps: Deps, asked: Asked): Promise<SubmissionResult> => {
  const found = isId(asked.leadId) ? await deps.reader.read(asked.tenantId, asked.leadId) : null
  if (found === null) throw new Fault('not_found', { message: 'There is no such lead' })
  return rerunFound(deps, asked, found)
}

/** The same of a lead that was read just now. Whether it may run again is judged once more where that is written. */
export const rerunFound = async (deps: Deps, asked: Asked, found: FoundLead): Promise<SubmissionResult> => {
  const { reader, runner, clock, delivery } = deps
  const { tenantId, leadId, by, reason, mode } = asked
  const { lead, events } = found
  if (lead.rerunAs !== null && (await reader.read(tenantId, lead.rerunAs)) !== null)
    throw new Fault('conflict', { message: `This lead was run again already, as lead ${lead.rerunAs}` })
  const received = events.find(isOf('lead.received'))
  const raw = received?.sealed?.submission
  if (received === undefined || typeof raw !== 'string')
    throw new Fault('conflict', { message: 'Nothing of what came in is kept: there is nothing to run again.' })
  const { flow, source } = lead
  const as = await delivery.amendments.rerun({ tenantId, leadId, flow, source, by, reason })
  const read = readKept(received.data.format, raw)
  return runner.submit({
    source: { tenantId, keyId: by, flowId: flow, sourceId: source, method: 'session' },
    format: received.data.format,
    mode,
    raw,
    values: read ?? valuesOf(lead),
    test: lead.test,
    script: testScript(lead.script ?? undefined),
    idempotencyKey: keyOf(leadId),
    ip: received.sealed?.ip ?? null,
    userAgent: received.sealed?.user_agent ?? null,
    receivedAt: clock.now(),
    rerun: { of: leadId, as, isMapped: read === null, mended: mendedIn(events) },
  })
}
