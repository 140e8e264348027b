import { testCases } from '../../test/support/field-cases.ts'
import { firstName } from './first-name.ts'

testCases(firstName, [
  { raw: ' jane ', normal: 'Jane', valid: true, parts: { first: 'Jane', middle: null, initial: 'J' } },
  { raw: 'JEAN-LUC', normal: 'Jean-Luc', valid: true },
  { raw: 'mary   ann', normal: 'Mary Ann', valid: true, parts: { first: 'Mary', middle: 'Ann' } },
  { raw: 'DeShawn', normal: 'DeShawn', valid: true },
  { raw: 'AJ', normal: 'AJ', valid: true },
  { raw: 'JO', normal: 'Jo', valid: true },
  { raw: 'LA TOYA', normal: 'La Toya', valid: true },
  { raw: 'BO', normal: 'Bo', valid: true },
  { raw: 'Jose\u0301', normal: 'José', valid: true },
  { raw: 'ИВАН', normal: 'Иван', valid: true },
  { raw: '李', normal: '李', valid: true, parts: { initial: '李' } },
  { raw: 'Ja\u202ene', normal: 'Jane', valid: true },
  { raw: 'J***', normal: 'J***', valid: false, masked: true, parts: { first: null, initial: 'J' } },
  { raw: '123', normal: '123', valid: false, parts: { first: null, initial: null } },
  { raw: '', normal: null, valid: false },
])
