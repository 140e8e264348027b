import { int4s } from '../database/arrays.ts'
import type { Database, Tx } from '../database/pool.ts'
import { type Rotating, rotateTenant } from './rotate.ts'

/**
 * Old versions of a tenant's wrapping key are destroyed once nothing is wrapped or sealed under them: whoever has an old
 * copy of one, or takes the database with the master key later, opens nothing with it.
 *
 * A version stays for a day after it was replaced, since a process that has not heard of the newer one wraps under it
 * for some ms more, and so do leads it holds. Then what came late is wrapped anew, and where a look through everything
 * finds nothing left, the version goes. What the audit sealed under it before it had a key of its own keeps it for as
 * long as those entries are kept.
 */
export interface Pruned {
  readonly destroyed: readonly number[]
  /** Those that stay, and what for. */
  readonly kept: readonly { readonly version: number; readonly why: 'recent' | 'audit' | 'in_use' }[]
}

export const PRUNE_AFTER_MS = 86_400_000
/** A clock that was off when it wrote an entry. */
const SLACK_MS = 3_600_000
/** Looks through everything: what comes late comes within ms. */
const LOOKS_MAX = 3

const sealsAudit = async (database: Database, tenantId: string, since: number): Promise<boolean> => {
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        name: 'audit_under_wrap',
        text: `select 1 from millrace.audit_entry where tenant_id = $1::uuid and sealed is not null and sealed_by is null
                 and at >= $2::timestamptz limit 1`,
        values: [tenantId, new Date(since)],
      },
    ],
  )
  return (rows ?? []).length > 0
}

/** Whether all is under the newest version, after what was not is wrapped anew. */
const isSettled = async (rotating: Rotating): Promise<boolean> => {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const { leads, scoped, sealed } = await rotateTenant({ ...rotating, onlyFinish: true })
    if (leads + scoped + sealed === 0) return true
  }
  return false
}

const entryOf = (tenantId: string, destroyed: readonly number[]) => ({
  tenantId,
  action: 'keys.prune',
  resource: 'keys',
  resourceId: null,
  data: { destroyed: [...destroyed] },
})

export interface Pruning extends Rotating {
  /** Long enough after it was replaced. */
  readonly afterMs?: number
  /** Writes down what is destroyed, in the transaction that destroys it: an entry of the audit but for who did it. */
  readonly record: (tx: Tx, entry: ReturnType<typeof entryOf>) => Promise<void>
}

export const pruneTenant = async (pruning: Pruning): Promise<Pruned> => {
  const { database, keyring, tenantId, now, record, afterMs = PRUNE_AFTER_MS } = pruning
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'wrap_versions',
        text: `select version, created_at from millrace.tenant_key
               where tenant_id = $1::uuid and purpose = 'wrap' order by version`,
        values: [tenantId],
      },
    ],
  )
  const kept: { version: number; why: 'recent' | 'audit' | 'in_use' }[] = []
  const may: number[] = []
  for (const [index, row] of rows.slice(0, -1).entries()) {
    const version = row.version as number
    const replacedAt = rows[index + 1]?.created_at as number
    if (replacedAt + afterMs > now) kept.push({ version, why: 'recent' })
    else if (await sealsAudit(database, tenantId, (row.created_at as number) - SLACK_MS))
      kept.push({ version, why: 'audit' })
    else may.push(version)
  }
  if (may.length === 0) return { destroyed: [], kept }
  if (!(await isSettled(pruning)))
    return { destroyed: [], kept: [...kept, ...may.map((version) => ({ version, why: 'in_use' as const }))] }
  await database.transaction([tenantId], async (tx) => {
    await tx.all([
      {
        name: 'destroy_wrap_versions',
        text: `delete from millrace.tenant_key
               where tenant_id = $1::uuid and purpose = 'wrap' and version = any ($2::integer[])`,
        values: [tenantId, int4s(may)],
      },
      // Whoever holds them in memory lets them go.
      {
        name: 'raise_epoch',
        text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
        values: [tenantId],
      },
    ])
    await record(tx, entryOf(tenantId, may))
  })
  await keyring.refresh(tenantId)
  return { destroyed: may, kept }
}
