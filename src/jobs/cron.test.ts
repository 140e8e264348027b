import { describe, expect, it } from 'vitest'
import { readCron } from './cron.ts'

const next = (text: string, after: string, zone: string): string | null => {
  const at = readCron(text).next(Date.parse(after), zone)
  return at === null ? null : new Date(at).toISOString()
}

describe('a cron expression', () => {
  it.each([
    ['*/15 * * * *', '2026-11-26T10:07:00Z', 'UTC', '2026-11-26T10:15:00.000Z'],
    ['0 9 * * 1-5', '2026-11-27T15:00:00Z', 'America/Chicago', '2026-11-30T15:00:00.000Z'],
    ['30 8 1 * *', '2026-11-26T00:00:00Z', 'Europe/Berlin', '2026-12-01T07:30:00.000Z'],
    ['0 0 29 2 *', '2026-11-26T00:00:00Z', 'UTC', '2028-02-29T00:00:00.000Z'],
    // Either day is enough where both are given.
    ['0 0 13 * 5', '2026-11-26T00:00:00Z', 'UTC', '2026-11-27T00:00:00.000Z'],
    ['0 0 * * 7', '2026-11-26T00:00:00Z', 'UTC', '2026-11-29T00:00:00.000Z'],
  ])('%s after %s in %s is %s', (text, after, zone, wanted) => {
    expect(next(text, after, zone)).toBe(wanted)
  })

  it('keeps its local time over a change of the clock, skips a time that is not, and runs one that comes twice once', () => {
    expect(next('0 9 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T07:00:00.000Z')
    // 02:30 does not exist on March 29 there.
    expect(next('30 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-30T00:30:00.000Z')
    const first = next('30 2 * * *', '2026-10-24T12:00:00Z', 'Europe/Berlin')
    expect(first).toBe('2026-10-25T00:30:00.000Z')
    expect(next('30 2 * * *', first ?? '', 'Europe/Berlin')).toBe('2026-10-26T01:30:00.000Z')
  })

  it('says what is wrong with it', () => {
    expect(() => readCron('* * *')).toThrow('expected five fields, found 3')
    expect(() => readCron('61 * * * *')).toThrow('the minute goes from 0 to 59')
    expect(() => readCron('* * * x *')).toThrow('the month "x" cannot be read')
    expect(readCron('0 0 31 2 *').next(0, 'UTC')).toBeNull()
  })
})
