import { createHash } from 'node:crypto'

/** What a row of the audit holds, as it is hashed. */
export interface AuditRow {
  readonly tenantId: string
  readonly seq: number
  /** ms since 1970 */
  readonly at: number
  readonly actorKind: string
  readonly actor: string
  readonly action: string
  readonly resource: string
  readonly resourceId: string | null
  /** JSON text */
  readonly data: string
  readonly sealed: Uint8Array | null
}

export const FIRST_AUDIT_HEAD = Buffer.alloc(32)

/** sha256(previous ‖ JSON of the plain columns ‖ sealed). JSON keeps one column from running into the next. */
export const auditHash = (previous: Uint8Array, row: AuditRow): Buffer => {
  const digest = createHash('sha256').update(previous)
  digest.update(
    JSON.stringify([
      row.tenantId,
      row.seq,
      row.at,
      row.actorKind,
      row.actor,
      row.action,
      row.resource,
      row.resourceId,
      row.data,
    ]),
  )
  if (row.sealed) digest.update(row.sealed)
  return digest.digest()
}
