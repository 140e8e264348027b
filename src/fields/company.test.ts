import { testCases } from '../../test/support/field-cases.ts'
import { company } from './company.ts'

testCases(company, [
  ...[
    ['Example Widgets, Inc.', 'Example Widgets', 'Inc.'],
    ['Example Widgets Incorporated', 'Example Widgets', 'Inc.'],
    ['Example L.L.C.', 'Example', 'LLC'],
    ['Example Co., Ltd.', 'Example', 'Co., Ltd.'],
    ['Example Pty Ltd', 'Example', 'Pty Ltd'],
    ['Beispiel GmbH & Co. KG', 'Beispiel', 'GmbH & Co. KG'],
    ['Ejemplo S.A. de C.V.', 'Ejemplo', 'SA de CV'],
    ['Przykład Sp. z o.o.', 'Przykład', 'Sp. z o.o.'],
    ['The Limited', 'The', 'Ltd.'],
    ['Limited', 'Limited', null],
    ['3 Examples', '3 Examples', null],
    ['株式会社例', '株式会社例', null],
  ].map(([raw, name, form]) => ({
    raw,
    normal: raw ?? '',
    valid: true,
    parts: { name: name ?? null, legal_form: form ?? null },
  })),
  { raw: '  Smith  & Sons,  LLC ', normal: 'Smith & Sons, LLC', valid: true, parts: { key: 'smith and sons' } },
  { raw: 'CAFÉ EXEMPLE SARL', normal: 'CAFÉ EXEMPLE SARL', valid: true, parts: { key: 'cafe exemple' } },
  ...['n/a', 'None', '-', 'Self-Employed', 'N.A.'].map((raw) => ({ raw, normal: raw, valid: false })),
  { raw: 'Exa*** Inc', normal: 'Exa*** Inc', valid: false, masked: true },
  { raw: 'Inc '.repeat(250_000), normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])
