import { testCases } from '../../test/support/field-cases.ts'
import { utm } from './utm.ts'

const google = {
  source: 'google',
  medium: 'cpc',
  campaign: 'spring sale',
  gclid: 'Cj0',
  click_id: 'Cj0',
  click_platform: 'google',
}
const normal = 'utm_source=google&utm_medium=cpc&utm_campaign=spring+sale&gclid=Cj0'

testCases(utm, [
  ...[
    'https://www.example.com/?gclid=Cj0&utm_source=google&utm_campaign=spring%20sale&utm_medium=cpc&page=2',
    '?utm_source=google&utm_medium=cpc&utm_campaign=spring+sale&gclid=Cj0',
    'utm_source=google&utm_medium=cpc&utm_campaign=spring+sale&gclid=Cj0',
    'https://www.example.com/#/roof?UTM_Source=google&utm_medium=cpc&utm_campaign=spring+sale&gclid=Cj0',
    'https://www.example.com/?utm_source=google&utm_source=other&utm_medium=cpc&utm_campaign=spring+sale#gclid=Cj0',
    { utm_source: 'google', utm_medium: 'cpc', utm_campaign: 'spring sale', gclid: 'Cj0' },
    { source: 'google', medium: ['cpc'], campaign: ' spring  sale ', gclid: 'Cj0', other: 1 },
  ].map((raw) => ({ raw, normal, valid: true, parts: google })),
  { raw: 'fbclid=IwAR0', normal: 'fbclid=IwAR0', valid: true, parts: { source: null, click_platform: 'meta' } },
  { raw: '?msclkid=ab', normal: 'msclkid=ab', valid: true, parts: { msclkid: 'ab', click_platform: 'microsoft' } },
  { raw: '?ttclid=ab', normal: 'ttclid=ab', valid: true, parts: { ttclid: 'ab', click_platform: 'tiktok' } },
  { raw: '?li_fat_id=ab', normal: 'li_fat_id=ab', valid: true, parts: { click_id: 'ab', click_platform: 'linkedin' } },
  { raw: 'https://www.example.com/?source=x&id=3', normal: null, valid: false },
  { raw: '?utm_source=', normal: null, valid: false, parts: { source: null } },
  { raw: { __proto__: { source: 'x' }, constructor: 'y' }, normal: null, valid: false },
  { raw: 'google', normal: null, valid: false },
  { raw: `?utm_source=${'é'.repeat(3000)}`, normal: `utm_source=${'%C3%A9'.repeat(500)}`, valid: true },
  { raw: `?utm_source=${'x'.repeat(1_000_000)}`, normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])
