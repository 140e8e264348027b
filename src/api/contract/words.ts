/**
 * Closed lists of names that answers and questions are made of, plain, so that a browser can hold them too. A test holds
 * each to what it is a list of.
 */

/** Of those who work for the tenant, the widest first. */
export const STAFF_ROLES = ['owner', 'admin', 'operator', 'analyst', 'auditor'] as const
/** Of those who see what is theirs alone. */
export const PARTNER_ROLES = ['source_partner', 'buyer_partner'] as const
export const ROLES = [...STAFF_ROLES, ...PARTNER_ROLES] as const

/** Of keys that read or act; `submit` only brings leads in. */
export const ACTING_SCOPES = ['read', 'write', 'admin'] as const
export const SCOPES = ['submit', ...ACTING_SCOPES] as const

/** Why a lead is turned away. */
export const REJECTION_CODES = [
  'missing_field',
  'invalid_field',
  'not_accepted',
  'duplicate',
  'suppressed',
  'filtered',
  'cap_exceeded',
  'closed',
  'consent_missing',
  'consent_revoked',
  'verification_failed',
  'review_rejected',
  'delivery_failed',
  'processing_failed',
  'erased',
] as const

/** Why a delivery is not there. */
export const DELIVERY_CODES = [
  'destination.rejected',
  'destination.duplicate',
  'destination.credentials',
  'destination.throttled',
  'destination.unavailable',
  'destination.unknown_outcome',
  'destination.answer_too_large',
  'destination.blocked',
  'destination_missing',
  'setting_invalid',
  'person_blocked',
] as const

/** What figures are made for; destinations and caps know the shorter ones. */
export const RANGES = ['1h', '24h', '7d', '30d', '90d'] as const
export const SHORT_RANGES = ['1h', '24h', '7d', '30d'] as const

/** What a person asks for. */
export const REQUEST_KINDS = ['erase', 'access', 'rectify', 'restrict', 'object'] as const
export const REQUEST_STATUSES = ['working', 'waiting', 'done'] as const
/** What a legal hold keeps of a lead. */
export const KEEPS = ['submission', 'fields', 'deliveries', 'consent'] as const
export const CHANNELS = ['call', 'sms', 'email', 'share'] as const
export const BASES = ['consent', 'contract', 'legitimate_interest', 'legal_obligation'] as const
