import { Fault } from '../base/faults.ts'

export const iso = (ms: number): string => new Date(ms).toISOString()
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))

const DATE_TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** Reads a time of a request: with its zone, or a date, which begins at midnight UTC. Throws `invalid_request`. */
export const readTime = (text: string, field: string): number => {
  const ms = DATE_TIME.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) {
    const message = 'expected a time like 2026-11-23T09:30:00Z, or a date'
    throw new Fault('invalid_request', { message: `${field}: ${message}`, problems: [{ field, message }] })
  }
  return ms
}
