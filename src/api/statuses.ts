import type { FaultCode } from '../base/faults.ts'

/**
 * The HTTP status each fault is answered with. Faults of a lead's journey never end a request: they stand here with
 * 500, which is what they would be if they did.
 */
export const FAULT_STATUS: Readonly<Record<FaultCode, number>> = {
  unreadable_body: 400,
  invalid_request: 400,
  unsupported_media_type: 415,
  not_acceptable: 406,
  body_too_large: 413,
  method_not_allowed: 405,
  not_found: 404,
  idempotency_key_reused: 409,
  unauthenticated: 401,
  second_factor_required: 401,
  source_disabled: 403,
  forbidden: 403,
  conflict: 409,
  precondition_failed: 412,
  rate_limited: 429,
  payment_required: 402,
  flow_invalid: 422,
  setting_invalid: 422,
  destination_missing: 500,
  value_not_kept: 500,
  revision_missing: 500,
  person_blocked: 500,
  'destination.rejected': 500,
  'destination.duplicate': 500,
  'destination.credentials': 500,
  'destination.throttled': 500,
  'destination.unavailable': 500,
  'destination.unknown_outcome': 500,
  'destination.blocked': 500,
  'destination.answer_too_large': 500,
  overloaded: 503,
  database_unavailable: 503,
  sequence_conflict: 503,
  shutting_down: 503,
  replay_diverged: 500,
  crashed_repeatedly: 500,
  internal: 500,
}

/** When to try again where the fault doesn't say. */
export const RETRY_AFTER_MS = 1_000
