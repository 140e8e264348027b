import { testCases } from '../../test/support/field-cases.ts'
import { userAgent } from './user-agent.ts'

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'

const agents: readonly (readonly [string, string | null, string | null, string | null, boolean])[] = [
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`,
    'Chrome',
    'Windows',
    'desktop',
    false,
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`,
    'Edge',
    'Windows',
    'desktop',
    false,
  ],
  [
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15`,
    'Safari',
    'macOS',
    'desktop',
    false,
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0', 'Firefox', 'Linux', 'desktop', false],
  [
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`,
    'Chrome',
    'ChromeOS',
    'desktop',
    false,
  ],
  [`${IPHONE} Version/18.1 Mobile/15E148 Safari/604.1`, 'Safari', 'iOS', 'mobile', false],
  [`${IPHONE} CriOS/131.0.0.0 Mobile/15E148 Safari/604.1`, 'Chrome', 'iOS', 'mobile', false],
  [`${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/400.0.0.1]`, 'Facebook', 'iOS', 'mobile', false],
  [`${IPHONE} Mobile/15E148 Instagram 350.0.0.1 (iPhone14,5)`, 'Instagram', 'iOS', 'mobile', false],
  [
    `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36`,
    'Chrome',
    'Android',
    'mobile',
    false,
  ],
  [
    `Mozilla/5.0 (Linux; Android 14; SM-S911B) ${WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`,
    'Samsung Internet',
    'Android',
    'mobile',
    false,
  ],
  [
    `Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) ${WEBKIT} Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36`,
    'Android WebView',
    'Android',
    'mobile',
    false,
  ],
  [
    `Mozilla/5.0 (Linux; Android 13; CUBOT X50) ${WEBKIT} Chrome/120.0.0.0 Mobile Safari/537.36`,
    'Chrome',
    'Android',
    'mobile',
    false,
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1',
    'Safari',
    'iOS',
    'tablet',
    false,
  ],
  [
    `Mozilla/5.0 (Linux; Android 13; SM-X700) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`,
    'Chrome',
    'Android',
    'tablet',
    false,
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko',
    'Internet Explorer',
    'Windows',
    'desktop',
    false,
  ],
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', null, null, null, true],
  [
    `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/131.0.0.0 Safari/537.36`,
    'Chrome',
    'Linux',
    'desktop',
    true,
  ],
  ['facebookexternalhit/1.1', null, null, null, true],
  ['python-requests/2.32.0', null, null, null, true],
  ['curl/8.5.0', null, null, null, true],
]

testCases(userAgent, [
  ...agents.map(([raw, browser, os, device, is_bot]) => ({
    raw,
    normal: raw,
    valid: true,
    parts: { browser, os, device, is_bot },
  })),
  {
    raw: `${IPHONE} Version/18.1 Mobile/15E148 Safari/604.1`,
    normal: `${IPHONE} Version/18.1 Mobile/15E148 Safari/604.1`,
    valid: true,
    parts: { version: '18.1' },
  },
  { raw: 'unknown', normal: 'unknown', valid: false, parts: { is_bot: false } },
  { raw: '', normal: null, valid: false },
])
