import type { Database, Statement } from '../database/pool.ts'
import type { LeadLoader, LoadedLead } from '../journal/read.ts'
import { verifyLead } from '../journal/verify-lead.ts'
import type { Recipient } from './recipients.ts'

/**
 * A **damaged** lead: its journal is not what was written, or does not open with its key. A person's right does not hang
 * on our evidence being whole: such a lead is forgotten like any other. What its journal would have said of claims, facts
 * and recipients is taken from the tables beside it, rather too much than too little.
 */
export interface DamagedLead {
  readonly recipients: readonly Recipient[]
  /** Of the segments there are, the last. */
  readonly lastSeq: number
}

interface Asked {
  readonly database: Database
  readonly loader: LeadLoader
  readonly tenantId: string
  readonly leadId: string
  readonly requestId: string
  readonly now: number
}

/** Only a row that says for sure that it was turned down, or was never sent, is of nobody who may have it. */
const deliveredTo = async ({ database, tenantId, leadId }: Asked): Promise<readonly Recipient[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'recipients_of_damaged',
        text: `select id, destination from millrace.delivery
               where tenant_id = $1::uuid and lead_id = $2::uuid
                 and (state in ('delivered', 'unknown')
                   or code in ('destination.unknown_outcome', 'destination.duplicate')
                   or (attempts > 0 and state <> 'refused'))
               order by id`,
        values: [tenantId, leadId],
      },
    ],
  )
  return rows.map((row) => ({
    id: row.id as string,
    key: null,
    destination: row.destination as string,
    reference: null,
  }))
}

/**
 * A lead as an erasure reads it. Throws where it cannot be read though it stands as it was written: a newer version of
 * the program can. What is written to it meanwhile is met at the erasure's own commit.
 */
export const readForErasure = async (
  asked: Asked,
): Promise<{ readonly loaded: LoadedLead; readonly damaged: DamagedLead | null } | null> => {
  const { database, loader, tenantId, leadId } = asked
  const salvaged = await loader.salvage(tenantId, leadId)
  if (salvaged === null) return null
  const { failure, sealedLost, lastSeq, ...loaded } = salvaged
  if (loaded.key === null) return { loaded, damaged: null }
  const proven = await verifyLead(database, tenantId, leadId)
  if (!sealedLost && !proven?.breach && lastSeq === loaded.seq) {
    if (failure !== null) throw failure
    return { loaded, damaged: null }
  }
  const { deliveries } = loaded.lead
  // What can still be read knows more of a delivery than its row does.
  const recipients = (await deliveredTo(asked)).map((row) => deliveries.get(row.id) ?? row)
  return { loaded, damaged: { recipients, lastSeq } }
}

/** What goes with a damaged lead, before the rest of it does and in the same transaction. */
export const damagedStatements = ({ tenantId, leadId, requestId, now }: Asked, { row }: LoadedLead): Statement[] => [
  // No index finds the claims of a lead: their table is read whole, before anything of the lead is locked.
  { name: 'allow_seqscan', text: 'set local enable_seqscan = on' },
  {
    name: 'erase_claims_of_damaged',
    text: 'delete from millrace.claim where tenant_id = $1::uuid and lead_id = $2::uuid and not kept',
    values: [tenantId, leadId],
  },
  {
    // Nobody can tell which of them it was told: all that were fresh in its time go, and are asked for again.
    name: 'erase_facts_of_damaged',
    text: `delete from millrace.fact where tenant_id = $1::uuid
             and fresh_until >= $2::timestamptz and said_at <= $3::timestamptz`,
    values: [tenantId, new Date(row.received_at), new Date(row.closed_at ?? now)],
  },
  { name: 'forbid_seqscan', text: 'set local enable_seqscan = off' },
  {
    // With the lead, so that its receipt names it whatever happens to the process that makes it.
    name: 'note_damaged',
    text: `update millrace.privacy_request
           set data = (data::jsonb || jsonb_build_object('damaged',
                 coalesce(data::jsonb -> 'damaged', '[]'::jsonb) || to_jsonb($3::text)))::text
           where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tenantId, requestId, leadId],
  },
]
