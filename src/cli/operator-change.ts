import { inCourse, recordChanges } from '../audit/changes.ts'
import type { AuditEntry } from '../audit/types.ts'
import type { Database } from '../database/pool.ts'
import type { House } from '../house.ts'

/** What the operator changes at the command line stands in the audit of the tenant, in the transaction that changes it. */
export const asOperator = <T>(
  tenantId: string,
  entry: () => Pick<AuditEntry, 'action' | 'resource' | 'resourceId' | 'data'>,
  run: () => Promise<T>,
): Promise<T> =>
  inCourse(
    { tenantId, entry: () => ({ tenantId, actor: { kind: 'operator', id: 'cli' }, ...entry() }), isWritten: false },
    run,
  )

/** The database, where what is changed by the tools of the house is not enough. */
export const changing = ({ database, audit }: House): Database => recordChanges(database, audit)
