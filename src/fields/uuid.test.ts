import { testCases } from '../../test/support/field-cases.ts'
import { uuid } from './uuid.ts'

const v7 = '01890a5d-ac96-774b-bcce-b302099a8057'

testCases(uuid, [
  ...[v7, v7.toUpperCase(), `{${v7}}`, `urn:uuid:${v7}`, v7.replaceAll('-', ''), ` ${v7}\n`].map((raw) => ({
    raw,
    normal: v7,
    valid: true,
    parts: { version: 7, made_at: 0x01890a5dac96 },
  })),
  // The first and sixth version of the same moment, after RFC 9562, appendix A.
  ...['c232ab00-9414-11ec-b3c8-9f6bdeced846', '1ec9414c-232a-6b00-b3c8-9f6bdeced846'].map((raw) => ({
    raw,
    normal: raw,
    valid: true,
    parts: { made_at: Date.UTC(2022, 1, 22, 19, 22, 22) },
  })),
  {
    raw: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
    normal: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
    valid: true,
    parts: { version: 4, made_at: null },
  },
  {
    raw: '01234567-89ab-cdef-0123-456789abcdef',
    normal: '01234567-89ab-cdef-0123-456789abcdef',
    valid: true,
    parts: { version: null },
  },
  { raw: 'd41d8cd98f00b204e9800998ecf8427e', normal: 'd41d8cd98f00b204e9800998ecf8427e', valid: false },
  { raw: '00000000-0000-0000-0000-000000000000', normal: '00000000-0000-0000-0000-000000000000', valid: false },
  {
    raw: '01890a5d-****-****-****-b302099a8057',
    normal: '01890a5d-****-****-****-b302099a8057',
    valid: false,
    masked: true,
  },
  { raw: 'none', normal: 'none', valid: false },
  { raw: '', normal: null, valid: false },
])
