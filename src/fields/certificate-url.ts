import { defineField, type Part } from '../kit/field.ts'
import type { Reading } from './settled.ts'
import { clean, isMasked } from './text.ts'

const CERTIFICATE_CHARS_MAX = 1000

const nothing = { kind: null, id: null, host: null, environment: null, is_ping: false }

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const NIL = /^[0-]+$/

// A form's certificate is 40 hexadecimal digits; one of an app 80 letters of base64url; one of an ad's form, and a
// ping's, sealed pieces of base64url joined by dots.
const TRUSTEDFORM_ID = /^(?:[0-9a-f]{40}|[\w-]{80}|0(?:\.[\w-]{16,200}){2,4})$/
const TRUSTEDFORM_HOST = /^(cert|ping)\.(?:(staging)\.)?(trustedform(?:-dev)?\.com)$/

const LEADID_HOST = /^(?:[\w-]+\.)*(?:leadid|jornaya)\.com$/
const LEADID_KEYS = ['leadid', 'token', 'leadid_token', 'universal_leadid', 'lid']

const notValid = (normal: string | null, parts: Readonly<Record<string, Part>> = nothing): Reading => ({
  normal,
  valid: false,
  masked: normal !== null && isMasked(normal),
  parts: { ...nothing, ...parts },
})

const environmentOf = (isStaging: boolean, isDevelopment: boolean): string => {
  if (isDevelopment) return 'development'
  return isStaging ? 'staging' : 'production'
}

const readTrustedForm = (url: URL): Reading | undefined => {
  const [, door, staging, domain] = TRUSTEDFORM_HOST.exec(url.hostname) ?? []
  if (door === undefined) return undefined
  const id = url.pathname.replace(/^\/|\/$/g, '')
  const normal = `https://${url.hostname}/${id}`
  const isRight = TRUSTEDFORM_ID.test(id) && url.protocol === 'https:' && url.port === ''
  const environment = environmentOf(staging !== undefined, domain === 'trustedform-dev.com')
  if (!isRight) return notValid(url.href, { kind: 'trustedform', host: url.hostname, environment })
  return {
    normal,
    // A certificate of a trial is nobody's consent.
    valid: environment === 'production',
    masked: false,
    parts: { kind: 'trustedform', id, host: url.hostname, environment, is_ping: door === 'ping' },
  }
}

/** The token as Jornaya writes it: in capitals. The tokens of a form that never loaded are zeros. */
const leadId = (token: string): Reading => ({
  normal: token.toUpperCase(),
  valid: !NIL.test(token),
  masked: false,
  parts: { ...nothing, kind: 'jornaya', id: token.toUpperCase(), environment: 'production' },
})

const readLeadId = (url: URL): Reading | undefined => {
  if (!LEADID_HOST.test(url.hostname)) return undefined
  const named = LEADID_KEYS.flatMap((key) => url.searchParams.getAll(key))
  const token = [...named, ...url.pathname.split('/')].find((piece) => UUID.test(piece))
  if (token === undefined) return notValid(url.href, { kind: 'jornaya', host: url.hostname })
  const found = leadId(token)
  return { ...found, parts: { ...found.parts, host: url.hostname } }
}

const read = (text: string): Reading => {
  if (text === '' || text.length > CERTIFICATE_CHARS_MAX) return notValid(null)
  if (UUID.test(text)) return leadId(text)
  const url = /^(?:https?:)?\/\/|^(?:cert|ping)\./i.test(text)
    ? URL.parse(/^https?:/i.test(text) ? text : `https://${text.replace(/^\/\//, '')}`)
    : null
  const isPlain = url !== null && url.username === '' && url.password === ''
  const found = isPlain ? (readTrustedForm(url) ?? readLeadId(url)) : undefined
  if (found && String(found.normal).length <= CERTIFICATE_CHARS_MAX) return found
  return notValid(text)
}

export const certificateUrl = defineField({
  type: 'certificate_url',
  summary:
    'The certificate of a consent: the address of a TrustedForm certificate or ping, or a Jornaya LeadiD (in capitals, also out of its address). Valid by its form: `https`, the right host, production, and an id such as the provider gives. Whether the certificate exists, how old it is and what it says, only the provider can tell.',
  // Leads to a film of what somebody typed.
  personal: true,
  value: 'string',
  parts: { kind: 'string', id: 'string', host: 'string', environment: 'string', is_ping: 'bool' },
  examples: [
    'https://cert.trustedform.com/0123456789abcdef0123456789abcdef01234567',
    'cert.trustedform.com/0123456789abcdef0123456789abcdef01234567',
    'https://ping.trustedform.com/0.abcdefghijklmnopqrstuvwx.ABCDEFGHIJKLMNOPQRSTUV.0123456789abcdefghijkl',
    'https://cert.staging.trustedform.com/0123456789abcdef0123456789abcdef01234567',
    '01234567-89ab-cdef-0123-456789abcdef',
    'https://cert.leadid.example.com/',
    'http://cert.trustedform.com/0123456789abcdef0123456789abcdef01234567',
    'none',
  ],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    return { raw: kept, ...read(text.trim()) }
  },
})
