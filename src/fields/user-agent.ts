import { defineField } from '../kit/field.ts'
import { clean, lineOf } from './text.ts'

/** The first row that fits is the answer; the pattern's group is the version. */
type Rows = readonly (readonly [name: string, pattern: RegExp])[]

// Browsers name their ancestors too, so the youngest stand first.
const BROWSERS: Rows = [
  ['Facebook', /\bFBAV\/([\d.]+)|\bFBAN\b/],
  ['Instagram', /\bInstagram ([\d.]+)/],
  ['TikTok', /\b(?:musical_ly_|trill_|TikTok[ /])([\d.]+)|BytedanceWebview/],
  ['Snapchat', /\bSnapchat\/([\d.]+)/],
  ['Pinterest', /\bPinterest\/([\d.]+)|\[Pinterest/],
  ['LinkedIn', /\bLinkedInApp\b/],
  ['Google App', /\bGSA\/([\d.]+)/],
  ['Edge', /\bEdg(?:e|A|iOS)?\/([\d.]+)/],
  ['Opera', /\b(?:OPR|OPiOS|OPT|Opera)[/ ]([\d.]+)/],
  ['Samsung Internet', /\bSamsungBrowser\/([\d.]+)/],
  ['Yandex', /\bYaBrowser\/([\d.]+)/],
  ['Vivaldi', /\bVivaldi\/([\d.]+)/],
  ['DuckDuckGo', /\b(?:DuckDuckGo|Ddg)\/([\d.]+)/],
  ['UC Browser', /\bUC ?Browser\/([\d.]+)/],
  ['Silk', /\bSilk\/([\d.]+)/],
  ['Chrome', /\bCriOS\/([\d.]+)/],
  ['Firefox', /\b(?:FxiOS|Firefox)\/([\d.]+)/],
  ['Internet Explorer', /\bMSIE ([\d.]+)|\bTrident\/.{0,60}\brv:([\d.]+)/],
  ['Android WebView', /; wv\).{0,200}\bChrome\/([\d.]+)/],
  ['Chrome', /\b(?:Headless)?Chrom(?:e|ium)\/([\d.]+)/],
  ['Android Browser', /\bAndroid\b.{0,200}\bVersion\/([\d.]+)/],
  ['Safari', /\bVersion\/([\d.]+).{0,60}\bSafari\//],
]

const SYSTEMS: Rows = [
  ['iOS', /\b(?:iPhone|iPad|iPod)\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['macOS', /\bMac(?:intosh|OS| OS X)\b/],
  ['Linux', /\b(?:Linux|X11|Ubuntu)\b/],
]

const DEVICES: Rows = [
  ['tv', /\b(?:SMART-TV|SmartTV|AppleTV|GoogleTV|BRAVIA|CrKey|Roku|HbbTV|Web0S|AFT[A-Z]{1,4})\b/],
  ['console', /\b(?:PlayStation|Xbox|Nintendo)\b/],
  ['tablet', /\b(?:iPad|Tablet|Kindle|Silk|PlayBook)\b|\bAndroid\b(?!.{0,400}\bMobile\b)/],
  ['mobile', /\b(?:iPhone|iPod|Android|Mobile|Windows Phone|BlackBerry|Opera Mini)\b/],
  ['desktop', /\b(?:Windows|Macintosh|X11|CrOS|Linux)\b/],
]

// Crawlers, libraries and browsers that a program drives. Cubot makes telephones.
const BOT =
  /(?<!cu)bot(?![a-z])|crawl|spider|slurp|scrapy|headless|phantomjs|puppeteer|playwright|selenium|webdriver|lighthouse|facebookexternalhit|bingpreview|mediapartners|archiver|monitor|\b(?:curl|wget|python[\w-]*|aiohttp|httpx|java|okhttp|go-http-client|node-fetch|node|undici|axios|got|postman\w*|insomnia|libwww-perl|ruby|php|guzzle\w*|apache-httpclient|powershell)\//i

/** What begins like a product and its version, as RFC 9110 section 10.1.5 has it. */
const PRODUCT = /^[\w!#$%&'*+.^`|~-]{1,60}\/[\w!#$%&'*+.^`|~-]/

const firstOf = (rows: Rows, text: string): { readonly name: string | null; readonly version: string | null } => {
  for (const [name, pattern] of rows) {
    const found = pattern.exec(text)
    if (found) return { name, version: found.slice(1).find((group) => group !== undefined) ?? null }
  }
  return { name: null, version: null }
}

export const userAgent = defineField({
  type: 'user_agent',
  summary:
    'What a browser calls itself, as sent, with browser, version, system and device (`desktop`, `mobile`, `tablet`, `tv`, `console`) as far as it tells. `is_bot` is true of crawlers, libraries and driven browsers that admit to it. Anybody may send anything: it proves nothing.',
  // With an address and a time it tells one visitor from others.
  personal: true,
  value: 'string',
  parts: { browser: 'string', version: 'string', os: 'string', device: 'string', is_bot: 'bool' },
  examples: [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'curl/8.5.0',
    'unknown',
  ],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text)
    const valid = PRODUCT.test(line)
    const isBot = valid && BOT.test(line)
    const browser = valid ? firstOf(BROWSERS, line) : { name: null, version: null }
    return {
      raw: kept,
      normal: line === '' ? null : line,
      valid,
      masked: false,
      parts: {
        browser: browser.name,
        version: browser.version,
        os: valid ? firstOf(SYSTEMS, line).name : null,
        device: valid ? firstOf(DEVICES, line).name : null,
        is_bot: isBot,
      },
    }
  },
})
