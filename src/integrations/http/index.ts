import { type Call, type Credential, type DeliveryInput, defineDestination } from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { textOf } from '../../kit/values.ts'
import { readAnswer } from './answer.ts'
import { HttpSettings } from './settings.ts'

/** Lists become repeated names, objects JSON, and what has no value is left out. */
const formOf = (payload: { readonly [key: string]: Json }): URLSearchParams => {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(payload)) {
    if (value === null) continue
    for (const item of Array.isArray(value) ? value : [value]) form.append(name, textOf(item))
  }
  return form
}

const lowered = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const withQuery = (url: string, form: URLSearchParams): string => {
  const address = new URL(url)
  for (const [name, value] of form) address.searchParams.append(name, value)
  return address.href
}

const callOf = (input: DeliveryInput, settings: HttpSettings): Call => {
  const method = settings.method ?? 'POST'
  const format = settings.format ?? 'json'
  const headers = {
    accept: 'application/json',
    ...(method !== 'GET' && {
      'content-type': format === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
    }),
    ...lowered(settings.headers ?? {}),
    [(settings.idempotency_header ?? 'Idempotency-Key').toLowerCase()]: input.deliveryId,
  }
  if (method === 'GET') return { method, url: withQuery(settings.url, formOf(input.payload)), headers, body: null }
  const body = format === 'json' ? JSON.stringify(input.payload) : formOf(input.payload).toString()
  return { method, url: settings.url, headers, body }
}

const credentialHeaders = (settings: HttpSettings, credential: Credential): Readonly<Record<string, string>> => {
  const { auth } = settings
  if (auth === undefined) return {}
  if ('bearer' in auth) return { authorization: `Bearer ${credential.secret(auth.bearer.secret)}` }
  if ('header' in auth) return { [auth.header.name.toLowerCase()]: credential.secret(auth.header.secret) }
  const pair = `${auth.basic.username}:${credential.secret(auth.basic.secret)}`
  return { authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` }
}

export const http = defineDestination({
  type: 'http',
  summary: 'Sends leads to any address over HTTP as JSON or as a form, and reads what the answer says of them.',
  settings: HttpSettings,
  repeat: (settings) => settings.repeat ?? (settings.idempotency_header === undefined ? 'unsafe' : 'keyed'),
  example: {
    url: 'https://buyer.example.com/leads',
    idempotency_header: 'Idempotency-Key',
    auth: { bearer: { secret: 'buyer-token' } },
    response: { outcome_path: 'status', success_values: ['accepted'], reason_path: 'message', price_path: 'price' },
  },
  deliver: function* deliver(input, settings) {
    const answer = yield callOf(input, settings)
    return readAnswer({ answer, response: settings.response, now: input.now })
  },
  authorize: (call, settings, credential) => ({
    ...call,
    headers: { ...call.headers, ...credentialHeaders(settings, credential) },
  }),
  check: (settings) =>
    settings.check_url === undefined
      ? null
      : {
          method: 'GET',
          url: settings.check_url,
          headers: { accept: '*/*', ...lowered(settings.headers ?? {}) },
          body: null,
        },
})
