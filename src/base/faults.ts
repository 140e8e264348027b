/**
 * What went wrong and who must act, in one closed list.
 *
 * An outcome a flow's author can branch on is a value; a thing somebody must mend is a thrown `Fault`.
 * The fault's kind alone decides what happens next: see `POLICY`.
 */

export type FaultKind =
  | 'input'
  | 'config'
  | 'credentials'
  | 'rejected'
  | 'compliance'
  | 'billing'
  | 'throttled'
  | 'unavailable'
  | 'ambiguous'
  | 'conflict'
  | 'canceled'
  | 'bug'

export type Retry = 'never' | 'after_hint' | 'backoff' | 'if_repeatable' | 'reload' | 'requeue' | 'few'
export type After = 'reject' | 'dead_letter' | 'pause' | 'record' | 'park' | 'nothing'
export type Actor = 'sender' | 'tenant' | 'provider' | 'nobody' | 'us'

export interface Policy {
  readonly retry: Retry
  readonly after: After
  readonly actor: Actor
}

/** The one table of what each kind of fault leads to. */
export const POLICY: Readonly<Record<FaultKind, Policy>> = {
  input: { retry: 'never', after: 'reject', actor: 'sender' },
  config: { retry: 'never', after: 'dead_letter', actor: 'tenant' },
  credentials: { retry: 'never', after: 'pause', actor: 'tenant' },
  rejected: { retry: 'never', after: 'record', actor: 'tenant' },
  compliance: { retry: 'never', after: 'record', actor: 'tenant' },
  billing: { retry: 'never', after: 'record', actor: 'tenant' },
  throttled: { retry: 'after_hint', after: 'dead_letter', actor: 'nobody' },
  unavailable: { retry: 'backoff', after: 'dead_letter', actor: 'provider' },
  ambiguous: { retry: 'if_repeatable', after: 'park', actor: 'tenant' },
  conflict: { retry: 'reload', after: 'dead_letter', actor: 'nobody' },
  canceled: { retry: 'requeue', after: 'nothing', actor: 'nobody' },
  bug: { retry: 'few', after: 'dead_letter', actor: 'us' },
}

/** Every code a fault may carry, with its kind. Documented in docs/errors.md, both ways by a test. */
export const FAULTS = {
  // the sender's request
  unreadable_body: 'input',
  invalid_request: 'input',
  unsupported_media_type: 'input',
  not_acceptable: 'input',
  body_too_large: 'input',
  method_not_allowed: 'input',
  not_found: 'input',
  idempotency_key_reused: 'input',
  unauthenticated: 'input',
  second_factor_required: 'input',
  source_disabled: 'input',
  forbidden: 'input',
  conflict: 'input',
  precondition_failed: 'input',
  rate_limited: 'throttled',
  payment_required: 'billing',
  // the tenant's configuration
  flow_invalid: 'config',
  destination_missing: 'config',
  value_not_kept: 'config',
  revision_missing: 'config',
  setting_invalid: 'config',
  // what a person asked for
  person_blocked: 'compliance',
  // a destination's answer
  'destination.rejected': 'rejected',
  'destination.duplicate': 'rejected',
  'destination.credentials': 'credentials',
  'destination.throttled': 'throttled',
  'destination.unavailable': 'unavailable',
  'destination.unknown_outcome': 'ambiguous',
  'destination.blocked': 'config',
  'destination.answer_too_large': 'ambiguous',
  // ourselves
  overloaded: 'unavailable',
  database_unavailable: 'unavailable',
  sequence_conflict: 'conflict',
  replay_diverged: 'bug',
  crashed_repeatedly: 'bug',
  shutting_down: 'canceled',
  internal: 'bug',
} as const satisfies Record<string, FaultKind>

export type FaultCode = keyof typeof FAULTS

/** One thing wrong with one field of a request. */
export interface FieldProblem {
  readonly field: string
  readonly message: string
}

/** So many in a window. */
export interface Rate {
  readonly max: number
  readonly windowMs: number
}

export interface FaultOptions {
  /** Text for the tenant or sender: may be shown, so it holds no secret. */
  readonly message: string
  /** Every problem with its field, where a request has several. Names of fields and what was expected, no values. */
  readonly problems?: readonly FieldProblem[]
  /** What a log may say in addition: no personal data, ever. */
  readonly detail?: string
  /** Milliseconds after which another try makes sense. */
  readonly retryAfterMs?: number
  /** The limit that was reached. */
  readonly rate?: Rate
  readonly cause?: unknown
}

export class Fault extends Error {
  readonly code: FaultCode
  readonly kind: FaultKind
  readonly detail: string | undefined
  readonly retryAfterMs: number | undefined
  readonly rate: Rate | undefined
  readonly problems: readonly FieldProblem[]

  constructor(code: FaultCode, options: FaultOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Fault'
    this.code = code
    this.kind = FAULTS[code]
    this.detail = options.detail
    this.retryAfterMs = options.retryAfterMs
    this.rate = options.rate
    this.problems = options.problems ?? []
  }

  get policy(): Policy {
    return POLICY[this.kind]
  }
}

export const isFault = (error: unknown): error is Fault => error instanceof Fault

/** Where a call that only asks has failed: whether it arrived does not matter, for nothing was done, and it may be made again. */
export const nothingDone = (error: unknown): never => {
  if (!isFault(error) || error.kind !== 'ambiguous') throw error
  throw new Fault('destination.unavailable', { message: `Nothing was done yet: ${error.message}`, cause: error })
}

/** Ends a switch over a union: the compiler objects where a member was forgotten. */
export const assertNever = (value: never): never => {
  throw new Fault('internal', { message: 'Internal error', detail: `unexpected value ${JSON.stringify(value)}` })
}
