import { testCases } from '../../test/support/field-cases.ts'
import { city } from './city.ts'

testCases(city, [
  { raw: ' new  york ', normal: 'New York', valid: true },
  { raw: 'WINSTON-SALEM', normal: 'Winston-Salem', valid: true },
  { raw: 'ST. LOUIS', normal: 'St. Louis', valid: true },
  { raw: 'mcallen', normal: 'McAllen', valid: true },
  { raw: "o'fallon", normal: "O'Fallon", valid: true },
  { raw: 'FOND DU LAC', normal: 'Fond du Lac', valid: true },
  { raw: 'stoke-on-trent', normal: 'Stoke-on-Trent', valid: true },
  { raw: 'LOS ANGELES', normal: 'Los Angeles', valid: true },
  { raw: 'La Jolla', normal: 'La Jolla', valid: true },
  { raw: 'Austin, TX', normal: 'Austin', valid: true, parts: { state: 'TX' } },
  { raw: 'Austin, Nowhere', normal: 'Austin, Nowhere', valid: true, parts: { state: null } },
  { raw: 'København', normal: 'København', valid: true },
  { raw: '東京', normal: '東京', valid: true },
  { raw: '78701', normal: '78701', valid: false },
  { raw: 'jane@example.com', normal: 'jane@example.com', valid: false },
  { raw: 'Aus***', normal: 'Aus***', valid: false, masked: true },
  { raw: 'x'.repeat(200), normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])
