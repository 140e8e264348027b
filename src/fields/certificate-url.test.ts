import { testCases } from '../../test/support/field-cases.ts'
import { certificateUrl } from './certificate-url.ts'

const id = '0123456789abcdef0123456789abcdef01234567'
const sealed = `0.${'aB3-_'.repeat(8)}.${'cD4'.repeat(7)}`
const token = '01234567-89AB-CDEF-0123-456789ABCDEF'

testCases(certificateUrl, [
  {
    raw: `https://cert.trustedform.com/${id}`,
    normal: `https://cert.trustedform.com/${id}`,
    valid: true,
    parts: { kind: 'trustedform', id, host: 'cert.trustedform.com', environment: 'production', is_ping: false },
  },
  { raw: ` HTTPS://CERT.TrustedForm.com/${id}/?x=1 `, normal: `https://cert.trustedform.com/${id}`, valid: true },
  { raw: `cert.trustedform.com/${id}`, normal: `https://cert.trustedform.com/${id}`, valid: true },
  {
    raw: `https://cert.trustedform.com/11${'aB3-_x'.repeat(13)}`,
    normal: `https://cert.trustedform.com/11${'aB3-_x'.repeat(13)}`,
    valid: true,
  },
  { raw: `https://cert.trustedform.com/${sealed}`, normal: `https://cert.trustedform.com/${sealed}`, valid: true },
  {
    raw: `https://ping.trustedform.com/${sealed}`,
    normal: `https://ping.trustedform.com/${sealed}`,
    valid: true,
    parts: { is_ping: true, id: sealed },
  },
  {
    raw: `https://cert.staging.trustedform.com/${id}`,
    normal: `https://cert.staging.trustedform.com/${id}`,
    valid: false,
    parts: { environment: 'staging', id },
  },
  {
    raw: `https://cert.trustedform-dev.com/${id}`,
    normal: `https://cert.trustedform-dev.com/${id}`,
    valid: false,
    parts: { environment: 'development' },
  },
  {
    raw: `http://cert.trustedform.com/${id}`,
    normal: `http://cert.trustedform.com/${id}`,
    valid: false,
    parts: { kind: 'trustedform', id: null },
  },
  { raw: 'https://cert.trustedform.com/nothing', normal: 'https://cert.trustedform.com/nothing', valid: false },
  {
    raw: `https://cert.trustedform.com.example.com/${id}`,
    normal: `https://cert.trustedform.com.example.com/${id}`,
    valid: false,
    parts: { kind: null },
  },
  {
    raw: 'https://cert.trustedform.com/****',
    normal: 'https://cert.trustedform.com/****',
    valid: false,
    masked: true,
    parts: { kind: 'trustedform' },
  },
  { raw: token.toLowerCase(), normal: token, valid: true, parts: { kind: 'jornaya', id: token, host: null } },
  {
    raw: `https://cert.leadid.com/?leadid=${token}`,
    normal: token,
    valid: true,
    parts: { kind: 'jornaya', host: 'cert.leadid.com' },
  },
  { raw: '00000000-0000-0000-0000-000000000000', normal: '00000000-0000-0000-0000-000000000000', valid: false },
  { raw: 'none', normal: 'none', valid: false },
  { raw: '', normal: null, valid: false },
])
