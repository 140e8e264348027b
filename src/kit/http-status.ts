import type { FaultCode } from '../base/faults.ts'

/** What an HTTP answer means for a delivery, by its status alone. A destination that knows better says so itself. */

type AnswerHeaders = Readonly<Record<string, string>>

const SECOND_MS = 1_000
/** A hint of more than a day is a mistake or a refusal: no delivery waits for it. */
const RETRY_AFTER_MAX_MS = 24 * 3_600 * SECOND_MS

/** RFC 9110's three date forms all begin with the name of a day; nothing else is let near the lenient Date parser. */
const DATE_START = /^(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?,? /i

const hintMs = (text: string, now: number): number | null => {
  // Fractions are outside the standard, and sent all the same.
  if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) return Math.ceil(Number(text) * SECOND_MS)
  if (!DATE_START.test(text)) return null
  const at = Date.parse(/(gmt|utc|[+-]\d{4})$/i.test(text) ? text : `${text} GMT`)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}

/**
 * How long a `retry-after` header asks to wait from `now`, in ms, at most a day; 0 where its date has passed.
 * Null where there is none or it cannot be read. Seconds or an HTTP date: RFC 9110, section 10.2.3.
 */
export const retryAfterMs = (headers: AnswerHeaders, now: number): number | null => {
  const hint = hintMs(headers['retry-after']?.trim() ?? '', now)
  return hint === null ? null : Math.min(hint, RETRY_AFTER_MAX_MS)
}

/**
 * The fault an answer amounts to, or null where it says that the request was accepted (2xx).
 *
 * A server that broke (500, 502) is asked again: most break before they have kept anything, and to drop leads on every
 * hiccup would be worse. A gateway that waited in vain (504) may have passed the lead on, so nobody knows; it is asked
 * again only where a repeat does no harm.
 */
export const faultOfStatus = (status: number, headers: AnswerHeaders): FaultCode | null => {
  if (status >= 200 && status < 300) return null
  // No redirect is followed: the tenant must enter the address it points to.
  if (status >= 300 && status < 400) return 'setting_invalid'
  const hinted = headers['retry-after'] !== undefined
  switch (status) {
    // Address, method or format are wrong, whatever the lead.
    case 404:
    case 405:
    case 410:
    case 415:
    case 501:
    case 505:
      return 'setting_invalid'
    case 401:
      return 'destination.credentials'
    case 403:
      // Some providers refuse for the quota with 403; a time to come back tells that from a missing right,
      // and pausing a whole connection for a full quota would stop every lead behind it.
      return hinted ? 'destination.throttled' : 'destination.credentials'
    case 408:
    case 425:
      return hinted ? 'destination.throttled' : 'destination.unavailable'
    case 429:
      return 'destination.throttled'
    // 524 is what a large proxy answers in place of 504.
    case 504:
    case 524:
      return 'destination.unknown_outcome'
  }
  return status >= 500 && status < 600 ? 'destination.unavailable' : 'destination.rejected'
}
