import type { Reach } from '../access/matrix.ts'
import type { Partner } from '../access/partners.ts'
import type { MediaType } from '../ingest/body.ts'
import type { Lease } from '../ingest/quota.ts'
import type { AuthenticatedSource } from '../runner/types.ts'
import type { Access } from './guard.ts'
import type { AnswerFormat } from './negotiate.ts'

/** Who asks, as the guard found: a user in a session, or a machine by its key. */
export interface Session {
  readonly tenantId: string
  /** Of the user; of a key, `key:` and its id. */
  readonly userId: string
  readonly role: string
  readonly kind: 'user' | 'key'
  /** Null of a key. */
  readonly sessionId: string | null
  /** Kept by a cookie: every change must bring the token against forgery. */
  readonly byCookie: boolean
  readonly partner: Partner | null
  /** How far this request's permission goes. */
  readonly reach: Reach
}

/** What is known of a submission before its body is read. */
export interface Submitter {
  readonly source: AuthenticatedSource
  /** What was taken of the plan's leads; null where the plan has no limit. */
  readonly plan: Lease | null
  readonly answerFormat: AnswerFormat
  /** Null: its values stand in its address. */
  readonly media: MediaType | null
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set where the route needs a login. */
    session: Session | null
    /** Set on submissions. */
    submitter: Submitter | null
    /** The fault that ended the request, for its log line. */
    faultCode: string | null
  }
  interface FastifyContextConfig {
    /** Who may: every route says it, and the guard stands before it. */
    readonly access?: Access
    /** The route shows partners what is theirs, and nothing else: without it they are turned away. */
    readonly partners?: true
  }
}
