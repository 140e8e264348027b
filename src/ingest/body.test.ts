import { describe, expect, it } from 'vitest'
import { Fault } from '../base/faults.ts'
import { isTest, readBody, readMediaType, readQuery } from './body.ts'

const JSON_TYPE = readMediaType('application/json')
const FORM_TYPE = readMediaType('application/x-www-form-urlencoded')
const XML_TYPE = readMediaType('application/xml')

const json = (text: string) => readBody(Buffer.from(text), JSON_TYPE).values
const form = (text: string) => readBody(Buffer.from(text), FORM_TYPE).values
const xml = (text: string) => readBody(Buffer.from(text), XML_TYPE).values
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const faultOf = (run: () => unknown): Fault => {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('one lead in four formats', () => {
  const lead = {
    first_name: 'José',
    email: 'a+b@example.com',
    contact: { phone: '+1 (202) 555-0101', note: 'a & b <c> "d" 100%' },
    tags: ['roof', 'urgent'],
  }
  const pairs =
    'first_name=Jos%C3%A9&email=a%2Bb%40example.com&contact.phone=%2B1+(202)+555-0101' +
    '&contact[note]=a+%26+b+%3Cc%3E+%22d%22+100%&tags[]=roof&tags[]=urgent'

  it('gives equal values as JSON, form, query and XML', () => {
    expect(plain(json(JSON.stringify(lead)))).toEqual(lead)
    expect(plain(form(pairs))).toEqual(lead)
    expect(plain(readQuery(pairs).values)).toEqual(lead)
    const document =
      '<?xml version="1.0" encoding="UTF-8"?><lead><first_name>José</first_name><email>a+b@example.com</email>' +
      '<contact><phone>+1 (202) 555-0101</phone><note><![CDATA[a & b <c>]]> &quot;d&#34; 100%</note></contact>' +
      '<tags>roof</tags><tags>urgent</tags></lead>'
    expect(plain(xml(document))).toEqual(lead)
  })

  it('keeps the body as it came, and of a query all but what is ours', () => {
    expect(readBody(Buffer.from('{ "a" : 1 }'), JSON_TYPE)).toMatchObject({ format: 'json', raw: '{ "a" : 1 }' })
    const query = readQuery('a=1&key=mrk_secret&mode=async&b=2')
    expect(query).toMatchObject({ format: 'query', raw: 'a=1&b=2' })
    expect(plain(query.values)).toEqual({ a: '1', b: '2' })
  })
})

describe('JSON', () => {
  it.each([
    ['raw line ends in a string', '{"a":"x\ny\tz"}', { a: 'x\ny\tz' }],
    ['a byte order mark', '\ufeff{"a":1}', { a: 1 }],
    ['escapes', String.raw`{"a":"\u00e9\ud83d\ude00\n\"\\\/"}`, { a: 'é😀\n"\\/' }],
    ['NUL, as it is and escaped', '{"a":"x\0y","b":"x\\u0000y"}', { a: 'x\ufffdy', b: 'x\ufffdy' }],
    ['half a surrogate pair', String.raw`{"a":"\ud800x"}`, { a: '\ufffdx' }],
    ['NUL in a name', '{"a\\u0000":1}', { 'a\ufffd': 1 }],
    ['numbers', '{"a":-1.5e2,"b":0,"c":9007199254740991}', { a: -150, b: 0, c: 9007199254740991 }],
    ['digits a double would lose', '{"a":12345678901234567890}', { a: '12345678901234567890' }],
    ['a number beyond all doubles', '{"a":1e999}', { a: '1e999' }],
    ['the last of two', '{"a":1,"a":2}', { a: 2 }],
    [
      'empty containers and words',
      '{"a":[],"b":{},"c":null,"d":true,"e":false}',
      { a: [], b: {}, c: null, d: true, e: false },
    ],
  ])('reads %s', (_what, text, values) => {
    expect(plain(json(text))).toEqual(values)
  })

  it('takes __proto__ and constructor as plain names', () => {
    const values = json('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}')
    expect(Object.keys(values)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(values)).toBeNull()
    expect((values as { admin?: unknown }).admin).toBeUndefined()
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })

  it.each([
    ['{"a":1,}', 'line 1, column 8: expected a name in double quotes'],
    ['{"a"\n 1}', 'line 2, column 2: expected ":"'],
    ['{"a":1 "b":2}', 'line 1, column 8: expected "," or "}"'],
    ['{"a":[1 2]}', 'line 1, column 9: expected "," or "]"'],
    ['{"a":jane@example.com}', 'line 1, column 6: expected a value'],
    ['{"a":"jane', 'line 1, column 6: expected a string that is closed by a double quote'],
    [
      String.raw`{"a":"\x41"}`,
      'line 1, column 8: expected one of " \\ / b f n r t, or u with four hex digits, after a backslash',
    ],
    ['{"a":1', 'line 1, column 7: expected "," or "}" (the body ends here)'],
    ['{"a":1}jane', 'line 1, column 8: expected nothing more after the object'],
  ])('says where %j is wrong, without quoting it', (text, message) => {
    const fault = faultOf(() => json(text))
    expect(fault).toMatchObject({ code: 'unreadable_body', message: `body: ${message}` })
    expect(fault.problems).toEqual([{ field: 'body', message }])
    expect(fault.message).not.toContain('jane')
  })

  it.each(['[1]', '"jane"', '1', 'null', 'true'])('wants an object, not %s', (text) => {
    expect(faultOf(() => json(text))).toMatchObject({ code: 'invalid_request', message: 'body: expected an object' })
  })

  it('is bounded in depth, keys and list items', () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    expect(() => json(nested(16))).not.toThrow()
    expect(faultOf(() => json(nested(17))).message).toBe('body: expected at most 16 levels')
    expect(faultOf(() => json(`{"a":${'['.repeat(100_000)}`)).message).toBe('body: expected at most 16 levels')
    const keys = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join(',')}}`
    expect(Object.keys(json(keys(1_000)))).toHaveLength(1_000)
    expect(faultOf(() => json(keys(100_000))).message).toBe('body: expected at most 1000 keys')
    expect(faultOf(() => json(`{"a":[${'1,'.repeat(10_000)}1]}`)).message).toBe(
      'body: expected at most 10000 list items',
    )
  })
})

describe('text', () => {
  it('refuses bytes that are not UTF-8, and says where', () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"é\ufffd'), Buffer.from([0xe9]), Buffer.from('"}')])
    expect(faultOf(() => readBody(bytes, JSON_TYPE))).toMatchObject({
      code: 'unreadable_body',
      message: 'body: not UTF-8 at byte 12; send UTF-8 or name the charset in Content-Type',
    })
    expect(faultOf(() => form('a=%E9')).code).toBe('unreadable_body')
  })

  it('reads the charset its sender names', () => {
    const latin = readMediaType('application/json; charset=ISO-8859-1')
    expect(plain(readBody(Buffer.from('{"a":"é"}', 'latin1'), latin).values)).toEqual({ a: 'é' })
    const latinForm = readMediaType('application/x-www-form-urlencoded;charset=windows-1252')
    expect(plain(readBody(Buffer.from('a=%E9'), latinForm).values)).toEqual({ a: 'é' })
    const document = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><l><a>é</a></l>', 'latin1')
    expect(plain(readBody(document, XML_TYPE).values)).toEqual({ a: 'é' })
    expect(plain(readBody(Buffer.from('\ufeff{"a":"é"}', 'utf16le'), JSON_TYPE).values)).toEqual({ a: 'é' })
    expect(faultOf(() => readBody(Buffer.from('{}'), readMediaType('application/json; charset=klingon'))).code).toBe(
      'unsupported_media_type',
    )
  })

  it.each([JSON_TYPE, FORM_TYPE, XML_TYPE])('refuses an empty body of $format', (media) => {
    expect(faultOf(() => readBody(Buffer.alloc(0), media))).toMatchObject({
      code: 'unreadable_body',
      message: 'body: empty',
    })
  })
})

/** Each took minutes where a body was looked through anew for each of its signs; now it takes a part of a second. */
describe('a body that is made to cost', () => {
  it('is read in one pass, however many escapes stand in a string', () => {
    const { a } = json(`{"a":"${'\\n'.repeat(4_000_000)}"}`)
    expect(a).toBe('\n'.repeat(4_000_000))
  })

  it('is refused in one pass, however many signs before the bad byte look like one', () => {
    const bytes = Buffer.concat([Buffer.from('\ufffd'.repeat(1_000_000)), Buffer.from([0xff])])
    expect(faultOf(() => readBody(bytes, JSON_TYPE)).message).toMatch(/^body: not UTF-8 at byte 3000001;/)
  })
})

describe('form and query', () => {
  it.each([
    ['a=1&a=2&a=3', { a: ['1', '2', '3'] }],
    ['a[]=1', { a: ['1'] }],
    ['a[1]=y&a[0]=x', { a: ['x', 'y'] }],
    ['a[99999]=x', { a: ['x'] }],
    ['i[0][n]=1&i[1][n]=2', { i: [{ n: '1' }, { n: '2' }] }],
    ['a.b.c=1&a[b][d]=2', { a: { b: { c: '1', d: '2' } } }],
    ['a=1&a.b=2', { a: '1', 'a.b': '2' }],
    ['a.b=2&a=1', { a: { b: '2', '#text': '1' } }],
    ['.a=1&a..b=2&[x]=3&a[b=4', { '.a': '1', 'a..b': '2', '[x]': '3', 'a[b': '4' }],
    ['flag&empty=&=nameless&&', { flag: '', empty: '', '': 'nameless' }],
    ['a=100%&b=%zz', { a: '100%', b: '%zz' }],
    ['a=x%00y', { a: 'x\ufffdy' }],
  ])('reads %s', (text, values) => {
    expect(plain(form(text))).toEqual(values)
  })

  it('takes __proto__ as a plain name on any level', () => {
    const values = form('__proto__[admin]=1&a.__proto__.admin=1&constructor=2')
    expect(plain(values)).toEqual(
      JSON.parse('{"__proto__":{"admin":"1"},"a":{"__proto__":{"admin":"1"}},"constructor":"2"}'),
    )
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })

  it('is bounded in pairs, keys and depth', () => {
    expect(faultOf(() => form(Array.from({ length: 1_001 }, (_, i) => `k${i}=1`).join('&'))).message).toBe(
      'body: expected at most 1000 keys',
    )
    expect(faultOf(() => form('&'.repeat(1_000_000))).message).toBe('body: expected at most 10000 list items')
    expect(faultOf(() => form(`a${'[b]'.repeat(100_000)}=1`)).message).toBe('body: expected at most 16 levels')
  })
})

describe('XML', () => {
  it('reads attributes, text beside them, repeated and empty elements, prefixes', () => {
    const document =
      '<l:lead xmlns:l="urn:x" id="7"><l:a kind="k">one</l:a><b/><b> two </b><__proto__>3</__proto__>' +
      '<constructor>4</constructor><n>&#x1F600;&amp;lt;</n><!-- <c>5</c> --><?pi x?></l:lead>'
    expect(plain(xml(document))).toEqual(
      JSON.parse(
        '{"@id":"7","a":{"@kind":"k","#text":"one"},"b":["","two"],"__proto__":"3","constructor":"4","n":"😀&lt;"}',
      ),
    )
  })

  it('refuses a document type, and never expands an entity', () => {
    const bomb =
      '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><l><x>&c;</x></l>'
    const external = '<!DOCTYPE l SYSTEM "file:///etc/passwd"><l/>'
    for (const document of [bomb, external]) {
      expect(faultOf(() => xml(document))).toMatchObject({
        code: 'unreadable_body',
        message: 'body: a document type (DTD) or entity is not taken; leave it out',
      })
    }
    expect(plain(xml('<l><x>&c;</x></l>'))).toEqual({ x: '&c;' })
  })

  it.each(['<l><a></l>', '<l', 'jane', '<l/><l/>', '<l>&</l>', '<l a=jane/>', '<>', '<l><a></b></l>'])(
    'says that %s is not well-formed, without quoting it',
    (text) => {
      const fault = faultOf(() => xml(text))
      expect(fault.code).toBe('unreadable_body')
      expect(fault.message).toMatch(
        /^body: (line \d+, column \d+: expected well-formed XML|expected one root element)$/,
      )
    },
  )

  it('is bounded before it is parsed', () => {
    const deep = (levels: number) => `<l>${'<a>'.repeat(levels)}x${'</a>'.repeat(levels)}</l>`
    expect(() => xml(deep(16))).not.toThrow()
    expect(faultOf(() => xml(deep(17))).message).toBe('body: expected at most 16 levels')
    expect(faultOf(() => xml('<a>'.repeat(300_000))).message).toBe('body: expected at most 10000 elements')
    const attributes = Array.from({ length: 20_000 }, (_, i) => `a${i}="1"`).join(' ')
    expect(faultOf(() => xml(`<l ${attributes}/>`)).message).toBe('body: expected at most 10000 attributes')
    // Neither counted nor short: attributes without values, one long name, one long value.
    for (const tag of [
      `<l ${'a '.repeat(500_000)}/>`,
      `<${'l'.repeat(1_000_000)}`,
      `<l a="${'&lt;'.repeat(250_000)}"/>`,
    ])
      expect(faultOf(() => xml(tag)).message).toBe('body: expected tags of at most 250000 characters')
    const long = 'a b '.repeat(200_000).trim()
    expect(xml(`<l><!--${long}--><a><![CDATA[${long}]]></a><b>${long}</b></l>`)).toMatchObject({ a: long, b: long })
    const many = Array.from({ length: 1_001 }, (_, i) => `<a${i}/>`).join('')
    expect(faultOf(() => xml(`<l>${many}</l>`)).message).toBe('body: expected at most 1000 keys')
  })

  it('wants elements below the root', () => {
    expect(faultOf(() => xml('<l>jane</l>')).message).toBe('body: expected elements inside the root element')
  })
})

describe('Content-Type', () => {
  it.each([
    ['application/json', 'json', null],
    ['Application/JSON; charset=UTF-8', 'json', null],
    ['application/vnd.acme+json', 'json', null],
    ['text/xml; charset="iso-8859-1"', 'xml', 'iso-8859-1'],
    ['application/soap+xml', 'xml', null],
    ['application/x-www-form-urlencoded', 'form', null],
  ])('reads %s', (header, format, charset) => {
    expect(readMediaType(header)).toEqual({ format, charset })
  })

  it.each(['multipart/form-data; boundary=x', 'text/plain', 'application/octet-stream', '', undefined])(
    'does not take %s',
    (header) => {
      expect(faultOf(() => readMediaType(header)).code).toBe('unsupported_media_type')
    },
  )
})

describe('a test', () => {
  it.each([true, 'true', 1, '1', 'duplicate', 'Cap-Exceeded', 'success'])('is said by %j in the body', (test) => {
    expect(isTest({ test }, undefined)).toBe(true)
  })
  it.each([false, 'false', 0, 'yes', null, {}])('is not said by %j', (test) => {
    expect(isTest({ test }, undefined)).toBe(false)
  })
  it('is said by the address', () => {
    expect([isTest({}, 'true'), isTest({}, '1'), isTest({}, 'false'), isTest({}, undefined)]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
