import { testCases } from '../../test/support/field-cases.ts'
import { fullAddress } from './full-address.ts'

const austin = {
  street: '123 Main St',
  number: '123',
  city: 'Austin',
  state: 'TX',
  postal_code: '78701',
  country: 'US',
}

testCases(fullAddress, [
  ...[
    '123 Main St, Austin, TX 78701',
    '123 Main St, Austin TX 78701',
    '123 Main St, Austin, Texas, 78701',
    '123 Main St Austin TX 78701',
    '123 MAIN ST, AUSTIN, TX, 78701',
    '123 Main St\nAustin, TX 78701',
  ].map((raw) => ({ raw, normal: '123 Main St, Austin, TX 78701', valid: true, parts: austin })),
  {
    raw: '123 Main St, Austin, TX 78701, USA',
    normal: '123 Main St, Austin, TX 78701, United States',
    valid: true,
    parts: austin,
  },
  {
    raw: '123 Main St Apt 4 Austin TX 78701-1234',
    normal: '123 Main St Apt 4, Austin, TX 78701-1234',
    valid: true,
    parts: { unit: 'Apt 4', city: 'Austin', postal_code: '78701-1234' },
  },
  { raw: '123 Main St, Austin, TX', normal: '123 Main St, Austin, TX', valid: true, parts: { postal_code: null } },
  { raw: '123 Main St, 78701', normal: '123 Main St, 78701', valid: true, parts: { city: null, postal_code: '78701' } },
  {
    raw: 'PO Box 9, New York, NY 10001',
    normal: 'PO Box 9, New York, NY 10001',
    valid: true,
    parts: { city: 'New York' },
  },
  {
    raw: '100 Queen St W, Toronto, ON m5v3l9, CA',
    normal: '100 Queen St W, Toronto, ON M5V 3L9, Canada',
    valid: true,
    parts: { state: 'ON', country: 'CA' },
  },
  {
    raw: '10 Example St, London SW1A 1AA',
    normal: '10 Example St, London, SW1A 1AA',
    valid: true,
    country: 'GB',
    parts: { city: 'London', postal_code: 'SW1A 1AA', country: 'GB' },
  },
  {
    raw: '5 Example Rd, Bondi NSW 2026',
    normal: '5 Example Rd, Bondi, NSW 2026',
    valid: true,
    country: 'AU',
    parts: { city: 'Bondi', state: 'NSW', postal_code: '2026' },
  },
  {
    raw: 'Hauptstr. 5, 10115 Berlin',
    normal: 'Hauptstr. 5, 10115 Berlin',
    valid: true,
    country: 'DE',
    parts: { street: 'Hauptstr. 5', number: '5', city: 'Berlin', postal_code: '10115', country: 'DE' },
  },
  {
    raw: 'Hauptstr. 5, 10115 Berlin, Germany',
    normal: 'Hauptstr. 5, 10115 Berlin, Germany',
    valid: true,
    parts: { city: 'Berlin', country: 'DE' },
  },
  { raw: 'Austin, TX', normal: 'Austin, TX', valid: false, parts: { street: null, city: 'Austin', state: 'TX' } },
  { raw: 'somewhere Nice', normal: 'somewhere Nice', valid: false },
  { raw: '*** Main St, Austin, TX', normal: '*** Main St, Austin, TX', valid: false, masked: true },
  { raw: 'St, '.repeat(250_000), normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])
