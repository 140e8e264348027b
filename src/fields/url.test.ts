import { testCases } from '../../test/support/field-cases.ts'
import { url } from './url.ts'

testCases(url, [
  {
    raw: ' HTTPS://www.Example.co.uk/roof?utm=1#top ',
    normal: 'https://www.example.co.uk/roof?utm=1#top',
    valid: true,
    parts: { protocol: 'https', host: 'www.example.co.uk', domain: 'example.co.uk', path: '/roof', query: 'utm=1' },
  },
  { raw: 'http://example.com:80', normal: 'http://example.com/', valid: true, parts: { path: '/', query: null } },
  { raw: 'example.com:8080/x', normal: 'https://example.com:8080/x', valid: true },
  { raw: '//example.com', normal: 'https://example.com/', valid: true },
  { raw: 'https://münchen.de/', normal: 'https://xn--mnchen-3ya.de/', valid: true },
  { raw: 'https://203.0.113.7/', normal: 'https://203.0.113.7/', valid: true, parts: { domain: '203.0.113.7' } },
  { raw: 'https://[2001:db8::1]/', normal: 'https://[2001:db8::1]/', valid: true, parts: { domain: '[2001:db8::1]' } },
  { raw: 'http://localhost/', normal: null, valid: false },
  { raw: 'https://user:secret@example.com/', normal: null, valid: false },
  { raw: 'ftp://example.com/', normal: null, valid: false },
  { raw: 'javascript:alert(1)', normal: null, valid: false },
  { raw: 'mailto:jane@example.com', normal: null, valid: false },
  { raw: 'https://', normal: null, valid: false },
  { raw: `https://example.com/${'x'.repeat(1_000_000)}`, normal: null, valid: false },
  { raw: `https://example.com/${'é'.repeat(3000)}`, normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])
