import { Fault, isFault } from '../base/faults.ts'
import type { Json } from '../kit/field.ts'
import { testScript } from '../kit/test-leads.ts'
import { readJson } from './json.ts'
import { unreadable } from './limits.ts'
import { readPairs, valuesOfPairs } from './pairs.ts'
import { decodeText } from './text.ts'
import { readXml } from './xml.ts'

export { BODY_BYTES_MAX } from './limits.ts'

/** A submission as its sender wrote it, and what was read out of it. */
export interface ReadBody {
  readonly format: 'json' | 'form' | 'xml' | 'query'
  readonly raw: string
  readonly values: Readonly<Record<string, Json>>
}

export interface MediaType {
  readonly format: 'json' | 'form' | 'xml'
  /** What the sender says it is written in; null: UTF-8. */
  readonly charset: string | null
}

const TAKEN = 'application/json, application/x-www-form-urlencoded, application/xml or text/xml'
const FORMATS: Readonly<Record<string, MediaType['format']>> = {
  'application/json': 'json',
  'text/json': 'json',
  'application/x-www-form-urlencoded': 'form',
  'application/xml': 'xml',
  'text/xml': 'xml',
}
const JSON_UTF8: MediaType = { format: 'json', charset: null }
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]+)/i

const UTF8 = /^(utf-?8|us-ascii|ascii)$/i
const charsetOf = (written: string | undefined): string | null =>
  written === undefined || UTF8.test(written) ? null : written

/** The charset that a Content-Type names; null: UTF-8. */
export const charsetIn = (contentType: string): string | null => charsetOf(CHARSET.exec(contentType)?.[1])

const formatOf = (essence: string): MediaType['format'] | undefined => {
  if (Object.hasOwn(FORMATS, essence)) return FORMATS[essence]
  if (essence.endsWith('+json')) return 'json'
  return essence.endsWith('+xml') ? 'xml' : undefined
}

/** Reads a Content-Type. Throws Fault `unsupported_media_type`. */
export const readMediaType = (contentType: string | undefined): MediaType => {
  if (contentType === 'application/json') return JSON_UTF8
  if (contentType === undefined)
    throw new Fault('unsupported_media_type', { message: `Content-Type: missing; expected ${TAKEN}` })
  const semicolon = contentType.indexOf(';')
  const essence = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
  const format = formatOf(essence)
  if (format === undefined) throw new Fault('unsupported_media_type', { message: `Content-Type: expected ${TAKEN}` })
  return { format, charset: semicolon < 0 ? null : charsetIn(contentType) }
}

const XML_ENCODING = /^(?:\xef\xbb\xbf)?<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{1,40})["']/

/** Reads a body. Throws Fault `unreadable_body`, `invalid_request` or `unsupported_media_type`. */
export const readBody = (bytes: Buffer, media: MediaType): ReadBody => {
  const { format } = media
  if (bytes.length === 0) throw unreadable('body: empty')
  const declared = format === 'xml' ? XML_ENCODING.exec(bytes.toString('latin1', 0, 200))?.[1] : undefined
  const charset = media.charset ?? charsetOf(declared)
  const raw = decodeText({ bytes, charset, what: 'body' })
  if (format === 'json') return { format, raw, values: readJson(raw) }
  if (format === 'xml') return { format, raw, values: readXml(raw) }
  return { format, raw, values: valuesOfPairs(readPairs(raw, { charset, what: 'body' })) }
}

/** Of a query these are for us: they are no values of the lead, and a key is not kept. */
const OURS: ReadonlySet<string> = new Set(['key', 'mode'])

/** The bounds of a body hold for a query as well, and are told of it. */
const ofQuery = (error: unknown): unknown =>
  isFault(error)
    ? new Fault(error.code, {
        message: error.message.replace(/^body: /, 'query: '),
        problems: error.problems.map(({ message }) => ({ field: 'query', message: message.replace(/^query: /, '') })),
      })
    : error

/** Reads an address' query as a submission. `query` is as it came, without `?`; bytes beyond ASCII as Latin-1. */
export const readQuery = (query: string): ReadBody => {
  try {
    const text = decodeText({ bytes: Buffer.from(query, 'latin1'), charset: null, what: 'query' })
    const pairs = readPairs(text, { charset: null, what: 'query' }).filter(({ key }) => !OURS.has(key))
    return { format: 'query', raw: pairs.map(({ written }) => written).join('&'), values: valuesOfPairs(pairs) }
  } catch (error) {
    throw ofQuery(error)
  }
}

/** Whether a submission says that it is a test, in its values or its address. */
export const isTest = (values: Readonly<Record<string, Json>>, query: string | undefined): boolean => {
  const { test } = values
  const said = test === true || test === 'true' || test === 1 || test === '1' || query === 'true' || query === '1'
  return said || testScript(test) !== null || testScript(query) !== null
}
