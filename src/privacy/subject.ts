import type { Database } from '../database/pool.ts'
import type { Known } from './consents.ts'
import type { Subject } from './types.ts'

/** Whom a request is about, and what each key is the hash of. */
export interface Person extends Subject {
  readonly known: readonly Known[]
}

/** The person of a lead: what its email and phone hash to, and the lead itself. Null where the tenant has none such. */
export const subjectOfLead = async (database: Database, tenantId: string, leadId: string): Promise<Person | null> => {
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        name: 'subject_of_lead',
        text: `select email_key::text as email, phone_key::text as phone from millrace.lead
               where tenant_id = $1::uuid and id = $2::uuid`,
        values: [tenantId, leadId],
      },
    ],
  )
  const row = rows?.[0]
  if (!row) return null
  const known = (['email', 'phone'] as const).flatMap((kind): Known[] => {
    const key = row[kind]
    return typeof key === 'string' ? [{ kind, key: BigInt(key) }] : []
  })
  return { keys: known.map(({ key }) => key), known, leads: [leadId] }
}
