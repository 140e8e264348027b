import type { Json } from '../kit/field.ts'

/**
 * Who did something: a user by id, an API key by id, a source's key, the operator at the command line, or Millrace itself;
 * `unknown` is somebody who was not let in.
 */
export interface Actor {
  readonly kind: 'user' | 'key' | 'source' | 'operator' | 'person' | 'system' | 'unknown'
  readonly id: string
}

/** One thing that a person or key did. Names and ids only: nothing personal stands outside of `personal`. */
export interface AuditEntry {
  readonly tenantId: string
  readonly actor: Actor
  /** A verb and what it was done to, past tense left out: `lead.read`, `flow.publish`, `secret.set`. */
  readonly action: string
  readonly resource: string
  readonly resourceId: string | null
  /** Facts without personal data. */
  readonly data?: Readonly<Record<string, Json>>
  /** What is personal about it, sealed under the tenant's key: the address it came from. */
  readonly personal?: Readonly<Record<string, Json>>
}

export interface StoredAuditEntry extends Required<Omit<AuditEntry, 'personal'>> {
  readonly seq: number
  /** ms since 1970 */
  readonly at: number
  readonly personal: Readonly<Record<string, Json>> | null
}

export interface AuditFilter {
  readonly actor?: string
  readonly action?: string
  readonly resource?: string
  readonly resourceId?: string
  /** ms since 1970, inclusive */
  readonly from?: number
  /** ms since 1970, exclusive */
  readonly to?: number
}
