import type { Actor } from '../audit/types.ts'

/**
 * Words of this room. A **request** is what a person asked for: to be erased, to see, to mend, to restrict, to object.
 * A **person** stands as the keyed hashes of an email and a phone (`keys`), never by name. A **notice** tells a
 * destination that received a lead what it must do. A **block** says what must not be done with a person. A **hold** is
 * evidence, declared beforehand, that an erasure leaves. The **ledger** is the file that remembers erasures.
 */

export type RequestKind = 'erase' | 'access' | 'rectify' | 'restrict' | 'object' | 'revoke'
export type RequestStatus = 'working' | 'waiting' | 'done'

/** Whom a request is about: keyed hashes, and leads by id. */
export interface Subject {
  readonly keys: readonly bigint[]
  readonly leads: readonly string[]
}

export interface PrivacyRequest {
  readonly tenantId: string
  readonly id: string
  readonly kind: RequestKind
  readonly status: RequestStatus
  /** ms since 1970, as all times here */
  readonly at: number
  readonly actor: Actor
  readonly dueAt: number
  readonly completedAt: number | null
  readonly subject: Subject
  readonly data: Readonly<Record<string, unknown>>
  readonly receipt: string | null
}

export type NoticeStatus = 'due' | 'manual' | 'acknowledged' | 'refused'
export type NoticeAct = 'erase' | 'revoke' | 'restrict' | 'rectify'

export interface Notice {
  readonly id: string
  readonly requestId: string
  readonly leadId: string
  readonly delivery: string
  readonly flow: string
  readonly flowVersion: number
  readonly destination: string
  readonly act: NoticeAct
  readonly status: NoticeStatus
  readonly attempts: number
  readonly nextAt: number
  readonly dueAt: number
  readonly toldAt: number | null
  readonly acknowledgedAt: number | null
  readonly acknowledgedBy: string | null
  readonly code: string | null
}

/** What a hold keeps of a lead. */
export const HELD = ['submission', 'fields', 'deliveries', 'consent'] as const
export type Held = (typeof HELD)[number]
