import type { Json } from '../../kit/field.ts'
import { textOf } from '../../kit/values.ts'
import { nestedPayload, type Payload } from './payload.ts'

/**
 * A payload as XML: names with dots are elements within elements, `@name` is an attribute, `#text` the text beside one, a
 * list its element repeated. A name that XML does not allow has its wrong letters written as `_`.
 */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escaped = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 cannot hold them, not even escaped
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? '')

const xmlName = (name: string): string => {
  const safe = name.replaceAll(/[^A-Za-z0-9_.:-]/g, '_')
  return /^[A-Za-z_]/.test(safe) ? safe : `_${safe}`
}

const element = (name: string, value: Json): string => {
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join('')
  const tag = xmlName(name)
  if (typeof value !== 'object' || value === null) return `<${tag}>${escaped(textOf(value))}</${tag}>`
  const entries = Object.entries(value)
  const attributes = entries
    .filter(([key]) => key.startsWith('@'))
    .map(([key, inner]) => ` ${xmlName(key.slice(1))}="${escaped(textOf(inner))}"`)
    .join('')
  const content = entries
    .filter(([key]) => !key.startsWith('@'))
    .map(([key, inner]) => (key === '#text' ? escaped(textOf(inner)) : element(key, inner)))
    .join('')
  return `<${tag}${attributes}>${content}</${tag}>`
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

export const payloadXml = (payload: Payload, root: string, namespace: string | undefined): string => {
  const nested = nestedPayload(payload)
  return element(root, namespace === undefined ? nested : { '@xmlns': namespace, ...nested })
}

export const xmlDocument = (content: string): string => (content.startsWith('<?xml') ? content : DECLARATION + content)

const SOAP_NAMESPACE = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
} as const

export const soapEnvelope = (content: string, version: keyof typeof SOAP_NAMESPACE): string =>
  `${DECLARATION}<soap:Envelope xmlns:soap="${SOAP_NAMESPACE[version]}"><soap:Body>${content.replace(/^<\?xml[^>]*\?>\s*/, '')}</soap:Body></soap:Envelope>`
