import { testCases } from '../../test/support/field-cases.ts'
import { domain } from './domain.ts'

testCases(domain, [
  {
    raw: ' Example.COM. ',
    normal: 'example.com',
    valid: true,
    parts: { host: 'example', tld: 'com', subdomain: null },
  },
  { raw: 'www.example.com', normal: 'example.com', valid: true },
  { raw: 'www.com', normal: 'www.com', valid: true },
  {
    raw: 'https://www.example.co.uk:8080/x?y#z',
    normal: 'example.co.uk',
    valid: true,
    parts: { registered: 'example.co.uk' },
  },
  {
    raw: 'jane@shop.example.com',
    normal: 'shop.example.com',
    valid: true,
    parts: { subdomain: 'shop', registered: 'example.com' },
  },
  { raw: 'München.example', normal: 'xn--mnchen-3ya.example', valid: true },
  { raw: 'gmail.com', normal: 'gmail.com', valid: true, parts: { is_free: true, is_disposable: false } },
  { raw: '0-mail.com', normal: '0-mail.com', valid: true, parts: { is_disposable: true } },
  { raw: 'hotmial.com', normal: 'hotmial.com', valid: true, parts: { suggestion: 'hotmail.com' } },
  { raw: 'localhost', normal: 'localhost', valid: false },
  { raw: '203.0.113.7', normal: '203.0.113.7', valid: false },
  { raw: 'exa mple.com', normal: 'exa mple.com', valid: false },
  { raw: '-example.com', normal: '-example.com', valid: false },
  { raw: 'exa***.com', normal: 'exa***.com', valid: false, masked: true },
  { raw: 'A'.repeat(32), normal: 'a'.repeat(32), valid: false, parts: { hashed: 'md5' } },
  { raw: `${'a.'.repeat(500_000)}com`, normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])
