import { describe, expect, it } from 'vitest'
import { faultOfStatus, retryAfterMs } from './http-status.ts'

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0)

describe('faultOfStatus', () => {
  it.each([
    [200, null],
    [204, null],
    [299, null],
    [301, 'setting_invalid'],
    [304, 'setting_invalid'],
    [400, 'destination.rejected'],
    [401, 'destination.credentials'],
    [402, 'destination.rejected'],
    [403, 'destination.credentials'],
    [404, 'setting_invalid'],
    [405, 'setting_invalid'],
    [408, 'destination.unavailable'],
    [409, 'destination.rejected'],
    [410, 'setting_invalid'],
    [415, 'setting_invalid'],
    [422, 'destination.rejected'],
    [425, 'destination.unavailable'],
    [429, 'destination.throttled'],
    [451, 'destination.rejected'],
    [500, 'destination.unavailable'],
    [501, 'setting_invalid'],
    [502, 'destination.unavailable'],
    [503, 'destination.unavailable'],
    [504, 'destination.unknown_outcome'],
    [524, 'destination.unknown_outcome'],
    [599, 'destination.unavailable'],
    [999, 'destination.rejected'],
  ] as const)('%i is %s', (status, code) => {
    expect(faultOfStatus(status, {})).toBe(code)
  })

  it.each([403, 408, 425, 429])('%i with a time to come back is throttled', (status) => {
    expect(faultOfStatus(status, { 'retry-after': '5' })).toBe('destination.throttled')
  })

  it('stays unavailable for a 503 with a time to come back', () => {
    expect(faultOfStatus(503, { 'retry-after': '5' })).toBe('destination.unavailable')
  })
})

describe('retryAfterMs', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 3 ', 3_000],
    ['1.5', 1_500],
    ['999999999', 86_400_000],
    ['Mon, 23 Nov 2026 12:01:00 GMT', 60_000],
    ['Monday, 23-Nov-26 12:01:00 GMT', 60_000],
    ['Mon Nov 23 12:01:00 2026', 60_000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['', null],
    ['-5', null],
    ['soon', null],
    ['1e9', null],
    ['2026-11-23T12:01:00Z', null],
    ['Mon, 99 Foo 2026 12:01:00 GMT', null],
  ] as const)('reads "%s" as %s', (text, ms) => {
    expect(retryAfterMs({ 'retry-after': text }, NOW)).toBe(ms)
  })

  it('is null where nothing was asked', () => {
    expect(retryAfterMs({}, NOW)).toBeNull()
  })
})
