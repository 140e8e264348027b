import { testCases } from '../../test/support/field-cases.ts'
import { datetime } from './datetime.ts'

const at = Date.UTC(2024, 1, 29, 20, 30)

testCases(datetime, [
  {
    raw: '2024-02-29T20:30:00Z',
    normal: '2024-02-29T20:30:00Z',
    valid: true,
    parts: { at, has_zone: true, date: '2024-02-29', time: '20:30:00', weekday: 'thursday' },
  },
  ...[
    '2024-02-29T14:30:00-06:00',
    '2024-02-29 14:30:00-0600',
    '2024-02-29 14:30:00-06',
    '2/29/2024 2:30 PM CST',
    'Thu, 29 Feb 2024 20:30:00 GMT',
    'Thu, 29 Feb 2024 21:30:00 +0100',
    'Thu Feb 29 2024 14:30:00 GMT-0600 (Central Standard Time)',
    'February 29, 2024 at 2:30pm CST',
    '29.02.2024 21:30 CET',
    at,
    at / 1000,
    String(at),
    new Date(at),
  ].map((raw) => ({ raw, normal: '2024-02-29T20:30:00Z', valid: true, parts: { at } })),
  {
    raw: '2024-02-29T14:30',
    normal: '2024-02-29T14:30:00',
    valid: true,
    parts: { at: null, has_zone: false, time: '14:30:00' },
  },
  { raw: '29/2/2024 14:30', normal: '2024-02-29T14:30:00', valid: true, country: 'GB' },
  { raw: '2024-02-29T14:30:00.120', normal: '2024-02-29T14:30:00.120', valid: true },
  { raw: '2024-02-29T23:30:00-06:00', normal: '2024-03-01T05:30:00Z', valid: true, parts: { weekday: 'friday' } },
  { raw: '2024-02-29', normal: '2024-02-29T00:00:00', valid: true },
  { raw: '2024-02-29T25:00', normal: null, valid: false },
  { raw: '2024-02-30T10:00', normal: null, valid: false },
  { raw: '2024-02-29T10:00+99:00', normal: null, valid: false },
  { raw: '2024-02-29 10:00 somewhere', normal: null, valid: false },
  { raw: '14:30', normal: null, valid: false },
  { raw: 'soon', normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])
