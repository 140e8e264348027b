import { testCases } from '../../test/support/field-cases.ts'
import { ip } from './ip.ts'

testCases(ip, [
  { raw: '203.0.113.7', normal: '203.0.113.7', valid: true, parts: { version: 4, is_private: false } },
  ...[
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '127.0.0.1',
    '169.254.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
  ].map((raw) => ({
    raw,
    normal: raw,
    valid: true,
    parts: { is_private: true },
  })),
  { raw: '172.32.0.1', normal: '172.32.0.1', valid: true, parts: { is_private: false } },
  { raw: '2001:DB8:0:0:0:0:0:1', normal: '2001:db8::1', valid: true, parts: { version: 6, is_private: false } },
  { raw: '2001:db8:0:0:1:0:0:1', normal: '2001:db8::1:0:0:1', valid: true },
  { raw: '2001:db8:0:1:1:1:1:1', normal: '2001:db8:0:1:1:1:1:1', valid: true },
  { raw: '1:2:3:4:5:6:7::', normal: '1:2:3:4:5:6:7:0', valid: true },
  { raw: '::', normal: '::', valid: true, parts: { is_private: true } },
  { raw: 'fd00::1', normal: 'fd00::1', valid: true, parts: { is_private: true } },
  { raw: '::ffff:203.0.113.7', normal: '203.0.113.7', valid: true, parts: { version: 4 } },
  { raw: '[::1]:8080', normal: '::1', valid: true },
  { raw: 'fe80::1%eth0', normal: 'fe80::1', valid: true },
  { raw: '203.0.113.7:443', normal: '203.0.113.7', valid: true },
  { raw: '203.0.113.xxx', normal: '203.0.113.xxx', valid: false, masked: true },
  ...['256.1.1.1', '1.2.3', '01.2.3.4', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', ':1', '12345::', ''].map(
    (raw) => ({ raw, normal: null, valid: false, parts: { version: null } }),
  ),
])
