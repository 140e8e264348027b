import type { MediaType } from '../ingest/body.ts'
import type { AuthenticatedSource } from '../runner/types.ts'
import type { AnswerFormat } from './negotiate.ts'

/** Who is logged in, as the access token says. */
export interface Session {
  readonly tenantId: string
  readonly userId: string
  readonly role: string
}

/** What is known of a submission before its body is read. */
export interface Submitter {
  readonly source: AuthenticatedSource
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
}
