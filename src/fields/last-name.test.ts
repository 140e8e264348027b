import { testCases } from '../../test/support/field-cases.ts'
import { lastName } from './last-name.ts'

testCases(lastName, [
  { raw: "O'BRIEN", normal: "O'Brien", valid: true, parts: { root: "O'Brien", initial: 'O' } },
  { raw: 'mcdonald', normal: 'McDonald', valid: true },
  { raw: 'MACHADO', normal: 'Machado', valid: true },
  { raw: 'VAN DER BERG', normal: 'van der Berg', valid: true, parts: { prefix: 'van der', root: 'Berg' } },
  { raw: 'de la cruz', normal: 'de la Cruz', valid: true, parts: { prefix: 'de la', root: 'Cruz' } },
  { raw: 'Van Dyke', normal: 'Van Dyke', valid: true, parts: { prefix: 'Van', root: 'Dyke' } },
  { raw: 'garcia y lopez', normal: 'Garcia y Lopez', valid: true },
  { raw: 'VAN', normal: 'Van', valid: true, parts: { prefix: null, root: 'Van' } },
  { raw: 'SMITH-JONES', normal: 'Smith-Jones', valid: true },
  { raw: 'KING III', normal: 'King III', valid: true, parts: { root: 'King', suffix: 'III' } },
  { raw: 'King, Jr.', normal: 'King, Jr.', valid: true, parts: { root: 'King', suffix: 'Jr.' } },
  { raw: 'NG', normal: 'Ng', valid: true },
  { raw: 'straße', normal: 'Straße', valid: true },
  { raw: 'S****', normal: 'S****', valid: false, masked: true, parts: { root: null, initial: 'S' } },
  { raw: '-', normal: '-', valid: false, parts: { root: null } },
])
