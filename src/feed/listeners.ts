import type { Database } from '../database/pool.ts'
import type { Listeners } from '../journal/append-told.ts'

/** Of each tenant the types that anybody has subscribed to, as this process last read them. */
export const createListeners = (options: {
  readonly database: Database
  readonly onOwed: () => void
}): Listeners & { forget(tenantId: string): void } => {
  const { database, onOwed } = options
  const known = new Map<string, ReadonlySet<string> | null>()
  const learning = new Map<string, Promise<void>>()

  const read = async (tenantId: string): Promise<ReadonlySet<string> | null> => {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'read_listeners',
          text: 'select distinct unnest(events) as type from millrace.webhook where tenant_id = $1::uuid and enabled',
          values: [tenantId],
        },
      ],
    )
    return rows.length === 0 ? null : new Set(rows.map((row) => row.type as string))
  }

  const learnAnew = (tenantId: string): Promise<void> => {
    const reading = read(tenantId)
      .then((types) => {
        // Told of a change meanwhile, it is read anew: what came back may be older.
        if (learning.get(tenantId) === reading) known.set(tenantId, types)
      })
      .finally(() => {
        if (learning.get(tenantId) === reading) learning.delete(tenantId)
      })
    learning.set(tenantId, reading)
    return reading
  }

  return {
    wanted: (tenantId) => known.get(tenantId),
    learn: (tenantId) => learning.get(tenantId) ?? learnAnew(tenantId),
    forget: (tenantId) => {
      known.delete(tenantId)
      learning.delete(tenantId)
    },
    onOwed,
  }
}
