import type { Database } from '../database/pool.ts'
import type { Subject } from './types.ts'

/** The person of a lead: what its email and phone hash to, and the lead itself. Null where the tenant has none such. */
export const subjectOfLead = async (database: Database, tenantId: string, leadId: string): Promise<Subject | null> => {
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
  const keys = [row.email, row.phone].flatMap((key) => (typeof key === 'string' ? [BigInt(key)] : []))
  return { keys, leads: [leadId] }
}
