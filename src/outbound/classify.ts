/** What an HTTP answer means for a delivery, by its status alone. Pure; a destination that knows better says so itself. */

import type { FaultCode } from '../base/faults.ts'

export type AnswerHeaders = Readonly<Record<string, string>>

const SECOND_MS = 1_000

/** RFC 9110's three date forms all begin with the name of a day; nothing else is let near the lenient Date parser. */
const DATE_START = /^(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?,? /i

/**
 * How long a `retry-after` header asks to wait from `now`, in ms; 0 where its date has passed.
 * Undefined where there is none or it cannot be read. Seconds or an HTTP date, RFC 9110 section 10.2.3.
 */
export const retryAfterMs = (headers: AnswerHeaders, now: number): number | undefined => {
  const text = headers['retry-after']?.trim()
  if (!text) return undefined
  // Fractions are outside the standard, and sent all the same.
  if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) return Math.ceil(Number(text) * SECOND_MS)
  if (!DATE_START.test(text)) return undefined
  const at = Date.parse(/(gmt|utc|[+-]\d{4})$/i.test(text) ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

/**
 * The fault an answer amounts to, or null where it says that the request was accepted (2xx).
 * A redirect is a rejection: none is followed, so the tenant must enter the address it points to.
 */
export const faultOfStatus = (status: number, headers: AnswerHeaders): FaultCode | null => {
  if (status >= 200 && status < 300) return null
  if (status >= 500 && status < 600) return 'destination.unavailable'
  switch (status) {
    case 401:
      return 'destination.credentials'
    case 403:
      // Some providers refuse for the quota with 403; a time to come back tells that from a missing right,
      // and pausing a whole connection for a full quota would stop every lead behind it.
      return headers['retry-after'] === undefined ? 'destination.credentials' : 'destination.throttled'
    case 408:
    case 425:
      return headers['retry-after'] === undefined ? 'destination.unavailable' : 'destination.throttled'
    case 429:
      return 'destination.throttled'
    default:
      return 'destination.rejected'
  }
}
