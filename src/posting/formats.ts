/** One payload in each format that submissions are read in. */
import type { Json } from '../kit/field.ts'
import type { Payload } from './payload.ts'

export interface Sample {
  readonly format: 'json' | 'form' | 'xml' | 'query'
  readonly method: 'POST' | 'GET'
  readonly content_type: string | null
  /** Of a GET: what follows the address. */
  readonly query: string
  readonly body: string | null
}

/** `contact[phone]`, `answers[0][text]`: what forms write for nested values. */
const flat = (value: Json, key: string): [string, string][] => {
  if (value === null) return []
  if (typeof value !== 'object') return [[key, String(value)]]
  const entries: [string, Json][] = Array.isArray(value)
    ? value.map((item, index): [string, Json] => [String(index), item])
    : Object.entries(value)
  return entries.flatMap(([name, inner]) => flat(inner, key === '' ? name : `${key}[${name}]`))
}

const pairs = (payload: Payload): string => new URLSearchParams(flat(payload, '')).toString()

const XML_NAME = /^[A-Za-z_][\w.-]*$/
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign)

const elements = (value: Json, name: string, indent: string): string[] | null => {
  // Capitals, `-`, `_` and spaces make no difference in a name.
  const tag = name.replace(/\s+/g, '_')
  if (!XML_NAME.test(tag)) return null
  if (Array.isArray(value)) {
    const items = value.map((item) => elements(item ?? '', name, indent))
    return items.every((item) => item !== null) ? items.flat() : null
  }
  if (value === null || typeof value !== 'object') return [`${indent}<${tag}>${escaped(String(value ?? ''))}</${tag}>`]
  const inner = Object.entries(value).map(([key, item]) => elements(item, key, `${indent}  `))
  if (!inner.every((item) => item !== null)) return null
  return [`${indent}<${tag}>`, ...inner.flat(), `${indent}</${tag}>`]
}

const xmlOf = (payload: Payload): string | null => elements(payload, 'lead', '')?.join('\n') ?? null

/** The payload in one format; null where that format cannot say it. */
export const sampleIn = (format: Sample['format'], payload: Payload): Sample | null => {
  switch (format) {
    case 'json':
      return {
        format,
        method: 'POST',
        content_type: 'application/json',
        query: '',
        body: JSON.stringify(payload, null, 2),
      }
    case 'form':
      return {
        format,
        method: 'POST',
        content_type: 'application/x-www-form-urlencoded',
        query: '',
        body: pairs(payload),
      }
    case 'xml': {
      const body = xmlOf(payload)
      return body === null ? null : { format, method: 'POST', content_type: 'application/xml', query: '', body }
    }
    case 'query':
      return { format, method: 'GET', content_type: null, query: `?${pairs(payload)}`, body: null }
  }
}

export const FORMATS: readonly Sample['format'][] = ['json', 'form', 'xml', 'query']
