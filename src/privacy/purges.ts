import type { Statement } from '../database/pool.ts'

/**
 * What other rooms keep of a lead besides its journal: gone with it, in the same transaction. A table that holds
 * something of a lead stands here; a test reads the catalogue and fails on one with a `lead_id` that does not.
 */
export const PURGED: readonly { readonly table: string; readonly column: string }[] = [
  { table: 'review_claim', column: 'lead_id' },
  { table: 'review_item', column: 'lead_id' },
  { table: 'lead_assignment', column: 'lead_id' },
]

/** Tables with a lead's id that an erasure leaves, and why. */
export const KEPT: Readonly<Record<string, string>> = {
  segment: 'the journal: without the key it says nothing personal',
  claim: 'given up by erase-lead.ts, but for those kept on purpose',
  work: 'given up by erase-lead.ts',
  recipient_notice: 'what recipients must be told: ids, and a reference that goes when they have acknowledged',
  batch_item: 'which delivery stood in which file: ids',
  retired_segment: 'hashes of what retention let go',
  delivery: 'what became of each, without personal data; what is open is discarded below',
  consent_record: 'evidence: keyed hashes, and what is sealed under a key of its own until retention ends it',
  held_evidence: 'declared by a legal hold',
  person_record: 'taken away by the trigger forget_record, in the same statement',
  person_key: 'taken away by the trigger forget_record, in the same statement',
  person_event: 'who was joined with whom: ids',
  identity_label: 'levels of agreement and a verdict, no value',
}

export const purgeStatements = (tenantId: string, leadId: string, now: number): Statement[] => [
  ...PURGED.map(({ table, column }) => ({
    name: `purge_${table}`,
    text: `delete from millrace.${table} where tenant_id = $1::uuid and ${column} = $2::uuid`,
    values: [tenantId, leadId],
  })),
  {
    name: 'discard_deliveries',
    text: `update millrace.delivery set state = 'discarded', code = 'erased', next_at = null, changed_at = $3::timestamptz
           where tenant_id = $1::uuid and lead_id = $2::uuid and state in ('waiting', 'unknown', 'dead')`,
    values: [tenantId, leadId, new Date(now)],
  },
]
