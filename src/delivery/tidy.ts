import type { Database } from '../database/pool.ts'

const KEPT_MS = 35 * 86_400_000

/** Lets go of what was counted of a tenant's calls more than a month ago. */
export const tidyMinutes = async (database: Database, tenantId: string, now: number): Promise<void> => {
  await database.batch(
    [tenantId],
    [
      {
        name: 'tidy_destination_minutes',
        text: 'delete from millrace.destination_minute where tenant_id = $1::uuid and minute < $2::timestamptz',
        values: [tenantId, new Date(now - KEPT_MS)],
      },
    ],
  )
}
