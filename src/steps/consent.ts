import { Type } from 'typebox'
import { instantOf } from '../base/windows.ts'
import { Closed, FieldName, TemplateText, Text } from '../kit/config-parts.ts'
import { ask } from '../kit/requests.ts'
import { defineStep, type LeadView, next, reject, skip } from '../kit/step.ts'
import { comparable, textOf } from '../kit/values.ts'

const CHANNELS = ['call', 'sms', 'email', 'share'] as const
const Channels = (description: string) =>
  Type.Array(Type.Enum(CHANNELS), { minItems: 1, uniqueItems: true, description })

const URL_CHARS_MAX = 2_000
const WORDING_CHARS_MAX = 20_000

const MEANS: Readonly<Record<string, string>> = {
  none: 'no consent is on record',
  revoked: 'consent was taken back',
  restricted: 'the person restricted processing',
  objected: 'the person objected',
  erased: 'the person asked to be erased',
}

const valuesOf = (lead: LeadView, names: { readonly email: string; readonly phone: string }) =>
  (['email', 'phone'] as const).flatMap((kind) => {
    const value = comparable(lead.fields[names[kind]])
    return value === null ? [] : [{ kind, value }]
  })

export const consent = defineStep({
  type: 'consent',
  summary:
    'Writes down what a person consented to, with the words they saw and the proof, and turns a lead away whose person ' +
    'did not consent to a channel or took it back. The record outlives the lead.',
  event: 'consent.checked',
  revision: 1,
  config: Closed({
    record: Type.Optional(
      Closed(
        {
          channels: Channels('What the person agreed to: being called, texted, emailed, or passed on.'),
          wording: TemplateText(
            'The exact words that were agreed to. Where they come out blank, nothing is recorded: a template such as ' +
              '`{{ lead.consent_text }}` records only what was sent.',
          ),
          purpose: Type.Optional(Text('What it is for, as `marketing`.')),
          basis: Type.Optional(
            Type.Enum(['consent', 'contract', 'legitimate_interest', 'legal_obligation'], {
              default: 'consent',
              description: 'The legal basis.',
            }),
          ),
          seller: Type.Optional(TemplateText('Whom it names.')),
          url: Type.Optional(TemplateText('The page it was given on.')),
          ip: Type.Optional(TemplateText('The address it came from.')),
          proof: Type.Optional(TemplateText('Id of the certificate: TrustedForm, Jornaya.')),
          given_at: Type.Optional(
            TemplateText('When it was given: ISO 8601 or ms since 1970. Without it, when the lead came in.'),
          ),
          renews: Type.Optional(
            Type.Boolean({
              default: false,
              description:
                'Whether it counts although the person took an earlier one back. Leads are resold: say so only where ' +
                'consents are fresh.',
            }),
          ),
        },
        { description: 'Write a record.' },
      ),
    ),
    require: Type.Optional(Channels('Turn the lead away unless the person consented to each of these.')),
    seller: Type.Optional(TemplateText('With `require`: only a consent that names this seller counts.')),
    phone: Type.Optional(FieldName('The field of the phone; `phone` where left out.')),
    email: Type.Optional(FieldName('The field of the email; `email` where left out.')),
  }),
  references: {
    templates: [
      'record.wording',
      'record.seller',
      'record.url',
      'record.ip',
      'record.proof',
      'record.given_at',
      'seller',
    ],
    fields: ['phone', 'email'],
  },
  example: {
    record: { channels: ['call', 'sms'], wording: 'I agree to be called.', purpose: 'marketing' },
    require: ['call'],
  },
  create: (config, compiler) => {
    const names = { phone: config.phone ?? 'phone', email: config.email ?? 'email' }
    const { record } = config
    const template = (text: string | undefined) => (text === undefined ? null : compiler.template(text))
    const parts = record && {
      wording: compiler.template(record.wording),
      seller: template(record.seller),
      url: template(record.url),
      ip: template(record.ip),
      proof: template(record.proof),
      givenAt: template(record.given_at),
    }
    const wantedSeller = template(config.seller)
    const textFrom = (lead: LeadView, made: ReturnType<typeof template>, max: number): string | null => {
      const text = made === null ? '' : textOf(made.render(lead)).trim()
      return text === '' ? null : text.slice(0, max)
    }
    return function* consent(lead) {
      const values = valuesOf(lead, names)
      const wording = parts ? textFrom(lead, parts.wording, WORDING_CHARS_MAX) : null
      const given = new Set<string>()
      if (record && parts && wording !== null && values.length > 0) {
        const at = parts.givenAt === null ? null : instantOf(parts.givenAt.render(lead), compiler.zone)
        const recorded = yield* ask('consent.record', {
          channels: record.channels,
          values,
          at: Math.min(at ?? lead.receivedAt, lead.now),
          renews: record.renews ?? false,
          wording,
          purpose: record.purpose ?? null,
          basis: record.basis ?? 'consent',
          seller: textFrom(lead, parts.seller, 500),
          url: textFrom(lead, parts.url, URL_CHARS_MAX),
          ip: textFrom(lead, parts.ip, 100),
          proof: textFrom(lead, parts.proof, URL_CHARS_MAX),
          source: lead.source.id,
        })
        if (recorded.records.length > 0) for (const channel of record.channels) given.add(channel)
      }
      const note = { recorded: [...given] }
      if (!config.require) return given.size === 0 ? skip({ note }) : next({ note })
      const seller = textFrom(lead, wantedSeller, 500)
      const { channels } = yield* ask('consent.check', { channels: config.require, values, seller })
      // What this lead brought counts, unless the person took one back and this is not said to renew it.
      const named =
        seller === null || (parts && textFrom(lead, parts.seller, 500)?.toLowerCase() === seller.toLowerCase())
      const standing = Object.fromEntries(
        config.require.map((channel) => {
          const known = channels[channel] ?? 'none'
          const fresh = given.has(channel) && named === true
          return [
            channel,
            fresh && (known === 'none' || (known === 'revoked' && record?.renews === true)) ? 'given' : known,
          ]
        }),
      )
      const lacking = Object.entries(standing).find(([, state]) => state !== 'given')
      if (!lacking) return next({ note: { ...note, channels: standing } })
      const [channel, state] = lacking
      const code = state === 'none' ? 'consent_missing' : 'consent_revoked'
      return reject(code, `Consent to ${channel}: ${MEANS[state] ?? state}`, {
        rule: `require ${channel}`,
        note: { ...note, channels: standing },
      })
    }
  },
})
