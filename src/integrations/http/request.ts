import type { Call, DeliveryInput, DestinationTools, Escape } from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { textOf } from '../../kit/values.ts'
import { asciiPayload, nestedPayload, type Payload } from './payload.ts'
import type { HttpSettings } from './settings.ts'
import { payloadXml, soapEnvelope, xmlDocument } from './xml.ts'

/** The request of a delivery. */

export type Format = NonNullable<HttpSettings['format']>

interface Written {
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** Lists become repeated names, objects JSON, and what has no value is left out. */
const pairsOf = (payload: Payload): readonly (readonly [string, string])[] =>
  Object.entries(payload).flatMap(([name, value]) =>
    value === null ? [] : (Array.isArray(value) ? value : [value]).map((item) => [name, textOf(item)] as const),
  )

export const formOf = (payload: Payload): URLSearchParams => {
  const form = new URLSearchParams()
  for (const [name, value] of pairsOf(payload)) form.append(name, value)
  return form
}

const quoted = (name: string): string => name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

/** RFC 7578. The boundary holds the delivery's id, which no sender can know. */
const multipartOf = (payload: Payload, deliveryId: string): Written => {
  const boundary = `millrace-${deliveryId}`
  const parts = pairsOf(payload).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
  )
  return {
    body: `${parts.join('')}--${boundary}--\r\n`,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  }
}

/** RFC 4180. */
const csvLine = (cells: readonly string[], delimiter: string): string =>
  `${cells
    .map((cell) => (cell.includes(delimiter) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(delimiter)}\r\n`

const csvOf = (payload: Payload, settings: HttpSettings): string => {
  const delimiter = settings.csv?.delimiter ?? ','
  const names = settings.csv?.header === true ? csvLine(Object.keys(payload), delimiter) : ''
  return names + csvLine(Object.values(payload).map(textOf), delimiter)
}

const graphqlOf = (payload: Payload, { graphql }: HttpSettings): string =>
  JSON.stringify({
    query: graphql?.query ?? '',
    ...(graphql?.operation !== undefined && { operationName: graphql.operation }),
    variables: graphql?.variable === undefined ? payload : { [graphql.variable]: payload },
  })

export const bodyEscape = (format: Format): Escape =>
  format === 'xml' || format === 'soap' ? 'xml' : format === 'json' || format === 'graphql' ? 'json' : 'none'

const CONTENT_TYPE: Readonly<Record<Exclude<Format, 'query' | 'multipart' | 'soap'>, string>> = {
  json: 'application/json',
  graphql: 'application/json',
  form: 'application/x-www-form-urlencoded',
  xml: 'application/xml; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  text: 'text/plain; charset=utf-8',
}

const soapHeaders = ({ soap }: HttpSettings): Readonly<Record<string, string>> => {
  const action = soap?.action ?? ''
  return soap?.version === '1.2'
    ? { 'content-type': `application/soap+xml; charset=utf-8${action === '' ? '' : `; action="${action}"`}` }
    : { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${action}"` }
}

const writtenOf = (asked: {
  readonly payload: Payload
  readonly settings: HttpSettings
  readonly format: Format
  readonly deliveryId: string
  /** What the template made, where there is one. */
  readonly templated: string | null
}): Written => {
  const { payload, settings, format, deliveryId, templated } = asked
  const json = settings.nested === true ? nestedPayload(payload) : payload
  switch (format) {
    case 'query':
      return { body: null, headers: {} }
    case 'multipart':
      return multipartOf(payload, deliveryId)
    case 'json':
      return { body: templated ?? JSON.stringify(json), headers: { 'content-type': CONTENT_TYPE.json } }
    case 'graphql':
      return { body: graphqlOf(json, settings), headers: { 'content-type': CONTENT_TYPE.graphql } }
    case 'form':
      return { body: templated ?? formOf(payload).toString(), headers: { 'content-type': CONTENT_TYPE.form } }
    case 'csv':
      return { body: templated ?? csvOf(payload, settings), headers: { 'content-type': CONTENT_TYPE.csv } }
    case 'text':
      return { body: templated ?? '', headers: { 'content-type': CONTENT_TYPE.text } }
    case 'xml':
    case 'soap': {
      const content = templated ?? payloadXml(payload, settings.root ?? 'lead', settings.namespace)
      return format === 'xml'
        ? { body: xmlDocument(content), headers: { 'content-type': CONTENT_TYPE.xml } }
        : { body: soapEnvelope(content, settings.soap?.version ?? '1.1'), headers: soapHeaders(settings) }
    }
  }
}

export const lowered = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const withQuery = (url: string, form: URLSearchParams): string => {
  const address = new URL(url)
  for (const [name, value] of form) address.searchParams.append(name, value)
  return address.href
}

/** What templates see. */
const valuesOf = (input: DeliveryInput, payload: Payload): { readonly [name: string]: Json } => ({
  payload: payload as Json,
  delivery: { id: input.deliveryId, lead_id: input.leadId, attempt: input.attempt },
  now: input.now,
})

const ACCEPT: Readonly<Partial<Record<Format, string>>> = { xml: 'application/xml', soap: 'text/xml' }

/** They have no body: the lead is in the address. */
export const isInAddress = (method: string): boolean => method === 'GET' || method === 'HEAD'

/** The values that the address does not hold already. */
const beside = (payload: Payload, url: string): Payload => {
  const inside = new Set([...url.matchAll(/payload\.(\w+)/g)].map(([, name]) => name))
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !inside.has(name)))
}

export const callOf = (input: DeliveryInput, settings: HttpSettings, tools: DestinationTools, rest: boolean): Call => {
  const method = settings.method ?? 'POST'
  const format = isInAddress(method) ? 'query' : (settings.format ?? 'json')
  const payload = settings.ascii === true ? asciiPayload(input.payload) : input.payload
  const values = valuesOf(input, payload)
  const rendered = (text: string, into: Escape): string =>
    text.includes('{') ? tools.template(text, into).render(values) : text
  const templated = settings.body === undefined ? null : rendered(settings.body, bodyEscape(format))
  const written = writtenOf({ payload, settings, format, deliveryId: input.deliveryId, templated })
  const given = Object.entries(lowered(settings.headers ?? {})).map(([name, text]) => [name, rendered(text, 'header')])
  const headers = {
    accept: ACCEPT[format] ?? 'application/json',
    ...written.headers,
    ...(Object.fromEntries(given) as Record<string, string>),
    [(settings.idempotency_header ?? 'Idempotency-Key').toLowerCase()]: input.deliveryId,
  }
  const url = rendered(settings.url, 'url')
  return {
    method,
    url: format === 'query' ? withQuery(url, formOf(rest ? beside(payload, settings.url) : payload)) : url,
    headers,
    body: written.body,
  }
}
