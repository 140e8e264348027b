import { type Static, Type } from 'typebox'
import { Fault } from '../../base/faults.ts'
import { Closed } from '../../kit/config-parts.ts'
import {
  type AttemptResult,
  type Call,
  type CallAnswer,
  type DestinationTools,
  defineDestination,
  type Escape,
} from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { textOf, titled } from '../../kit/values.ts'

/** Leads by mail, over SMTP. The message is made and sent by `outbound`; here it is a call to `smtp://…`. */

const Address = (description: string) => Type.String({ minLength: 3, maxLength: 320, description })
const Text = (description: string) => Type.String({ minLength: 1, maxLength: 10_000, description })

const EmailSettings = Closed({
  host: Type.String({ pattern: '^[A-Za-z0-9.-]{1,253}$', description: 'The SMTP server.' }),
  port: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65_535, description: '465 with `tls`, 587 with `starttls`, 25 with `none`.' }),
  ),
  security: Type.Optional(
    Type.Enum(['tls', 'starttls', 'none'], {
      default: 'starttls',
      description:
        '`tls` from the first byte, `starttls` before anything else is said, or `none`, which takes no password.',
    }),
  ),
  login: Type.Optional(
    Closed({
      username: Type.String({ pattern: '^[^:]{1,200}$', description: 'In plain; it cannot hold a colon.' }),
      secret: Type.String({ minLength: 1, maxLength: 100, description: 'Name of the stored secret: the password.' }),
    }),
  ),
  from: Address('Who it is from: `Leads <leads@acme.example>`.'),
  to: Type.Array(Address('One address; may be a template, whose value must be one address.'), {
    minItems: 1,
    maxItems: 50,
    description: 'Who gets it.',
  }),
  cc: Type.Optional(Type.Array(Address('One address.'), { maxItems: 50, description: 'Who gets a copy.' })),
  bcc: Type.Optional(
    Type.Array(Address('One address.'), { maxItems: 50, description: 'Who gets a copy that the others don’t see.' }),
  ),
  reply_to: Type.Optional(Address('Where answers go; may be a template: `{{ payload.email }}`.')),
  subject: Type.Optional(Text('The subject, a template. Default: New lead.')),
  text: Type.Optional(Text('The message as text, a template. Without `text` and `html`: every name and value.')),
  html: Type.Optional(Text('The message as HTML, a template; values are escaped.')),
  repeat: Type.Optional(
    Type.Enum(['safe', 'unsafe'], {
      default: 'unsafe',
      description:
        'Whether a mail of which nobody knows if it was sent is sent again, at worst twice, or waits for a person.',
    }),
  ),
})

const ONE_ADDRESS =
  /^(?:[^<>@,;:"\r\n]{0,100}<[^\s<>@,;:"]{1,64}@[^\s<>@,;:"]{1,253}>|[^\s<>@,;:"]{1,64}@[^\s<>@,;:"]{1,253})$/
const REASON_CHARS_MAX = 500

type EmailSettings = Static<typeof EmailSettings>
type Values = { readonly [name: string]: Json }

const listed = (payload: Values): string =>
  Object.entries(payload)
    .map(([name, value]) => `${titled(name)}: ${textOf(value)}`)
    .join('\n')

const templatesOf = (settings: EmailSettings): readonly (readonly [string, string | undefined, Escape])[] => [
  ['from', settings.from, 'header'],
  ...(['to', 'cc', 'bcc'] as const).flatMap((name) =>
    (settings[name] ?? []).map((text, index) => [`${name}.${index}`, text, 'none'] as const),
  ),
  ['reply_to', settings.reply_to, 'none'],
  ['subject', settings.subject, 'none'],
  ['text', settings.text, 'none'],
  ['html', settings.html, 'html'],
]

const urlOf = ({ host, port, security }: EmailSettings): string =>
  security === 'tls'
    ? `smtps://${host}:${port ?? 465}`
    : `smtp://${host}:${port ?? (security === 'none' ? 25 : 587)}${security === 'none' ? '?tls=none' : ''}`

/** RFC 5321: what begins with 4 may pass, what begins with 5 will not. */
const read = ({ status, body }: CallAnswer): AttemptResult => {
  const reason = `The mail server answered ${body.startsWith(String(status)) ? body : `${status} ${body}`}`
    .trim()
    .slice(0, REASON_CHARS_MAX)
  if (status < 400) {
    // `250 2.0.0 Ok: queued as 4ABC`
    const id = /\bqueued as ([\w.-]{1,100})/i.exec(body)?.[1] ?? null
    return {
      outcome: 'success',
      reference: id,
      price: null,
      reason: body.includes('refused)') ? body.slice(0, 200) : null,
    }
  }
  if (status === 530 || status === 534 || status === 535 || status === 538)
    return { outcome: 'error', reason, code: 'destination.credentials', retryAfterMs: null }
  if (status < 500) return { outcome: 'error', reason, code: 'destination.unavailable', retryAfterMs: null }
  return { outcome: 'failure', reason, code: 'destination.rejected' }
}

const callOf = (
  asked: { readonly id: string; readonly now: number; readonly values: Values; readonly payload: Values },
  settings: EmailSettings,
  tools: DestinationTools,
): Call | string => {
  const rendered = (text: string, into: Escape = 'none') =>
    text.includes('{') ? tools.template(text, into).render(asked.values) : text
  const addresses = { to: settings.to, cc: settings.cc ?? [], bcc: settings.bcc ?? [] }
  const headers: Record<string, string> = {}
  for (const [name, list] of Object.entries(addresses)) {
    const all = list.map((text) => rendered(text).trim())
    // A value that holds a comma would send the lead to whom it likes.
    if (!all.every((address) => ONE_ADDRESS.test(address))) return `What stands in "${name}" came out as no one address`
    if (all.length > 0) headers[name] = all.join(', ')
  }
  const replyTo = settings.reply_to === undefined ? '' : rendered(settings.reply_to).trim()
  const oneLine = (text: string) => text.replaceAll(/[\r\n]+/g, ' ')
  const domain = /@([^>\s]+)>?\s*$/.exec(settings.from)?.[1] ?? 'localhost'
  const text =
    settings.text === undefined ? (settings.html === undefined ? listed(asked.payload) : null) : rendered(settings.text)
  return {
    method: 'POST',
    url: urlOf(settings),
    headers: {
      from: oneLine(settings.from),
      ...headers,
      ...(ONE_ADDRESS.test(replyTo) && { 'reply-to': replyTo }),
      subject: oneLine(rendered(settings.subject ?? 'New lead')).slice(0, 300),
      // The same at every attempt: a mailbox that heeds it shows one.
      'message-id': `<${asked.id}@${domain}>`,
      date: new Date(asked.now).toUTCString(),
    },
    body: JSON.stringify({ text, html: settings.html === undefined ? null : rendered(settings.html, 'html') }),
  }
}

export const email = defineDestination({
  type: 'email',
  summary: 'Sends leads by mail over SMTP, as text, HTML or both.',
  settings: EmailSettings,
  repeat: (settings): 'safe' | 'unsafe' => settings.repeat ?? 'unsafe',
  example: {
    host: 'smtp.example.com',
    login: { username: 'leads@acme.example', secret: 'smtp-password' },
    from: 'Leads <leads@acme.example>',
    to: ['sales@acme.example'],
    reply_to: '{{ payload.email }}',
    subject: 'New lead: {{ payload.first_name }}',
  },
  flaws: (settings, tools) => {
    const wrong: { path: string; message: string }[] = []
    for (const [path, text, into] of templatesOf(settings)) {
      if (text === undefined) continue
      try {
        tools.template(text, into)
      } catch (error) {
        wrong.push({ path, message: error instanceof Fault ? error.message : 'the template cannot be read' })
        continue
      }
      const isAddress = path === 'from' || /^(?:to|cc|bcc)\./.test(path)
      if (isAddress && !text.includes('{') && !ONE_ADDRESS.test(text))
        wrong.push({ path, message: 'this is not one mail address' })
    }
    if (settings.from.includes('{')) wrong.push({ path: 'from', message: 'the sender is no template' })
    if (settings.login !== undefined && settings.security === 'none')
      wrong.push({ path: 'security', message: 'a password is not sent in the clear: use tls or starttls' })
    return wrong
  },
  deliver: function* deliver(input, settings, tools) {
    const values = {
      payload: input.payload as Json,
      delivery: { id: input.deliveryId, lead_id: input.leadId, attempt: input.attempt },
      now: input.now,
    }
    const call = callOf({ id: input.deliveryId, now: input.now, values, payload: input.payload }, settings, tools)
    if (typeof call === 'string') return { outcome: 'failure', reason: call, code: 'destination.rejected' }
    return read(yield call)
  },
  authorize: (call, { login }, credential) =>
    login === undefined
      ? call
      : {
          ...call,
          headers: {
            ...call.headers,
            authorization: `Basic ${Buffer.from(`${login.username}:${credential.secret(login.secret)}`, 'utf8').toString('base64')}`,
          },
        },
  check: (settings) => ({ method: 'GET', url: urlOf(settings), headers: {}, body: null }),
})
