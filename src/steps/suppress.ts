import { Type } from 'typebox'
import { Closed, FieldName, TemplateText, Text } from '../kit/config-parts.ts'
import { reasonFrom } from '../kit/reasons.ts'
import { ask } from '../kit/requests.ts'
import { defineStep, type LeadView, next, reject, skip } from '../kit/step.ts'
import { comparable, titled } from '../kit/values.ts'

/** The field's normal form, and of an email its domain too: a list may hold whole domains. */
const valuesOf = (lead: LeadView, names: readonly string[]) =>
  names.flatMap((name) => {
    const field = lead.fields[name]
    const value = comparable(field)
    const domain = field?.parts.domain
    return [
      ...(value === null ? [] : [{ field: name, value }]),
      ...(typeof domain === 'string' && domain !== '' ? [{ field: `${name}.domain`, value: domain }] : []),
    ]
  })

const listed = (label: string) => (/\blist$/i.test(label.trim()) ? label.trim() : `${label.trim()} list`)

export const suppress = defineStep({
  type: 'suppress',
  summary:
    'Turns away a lead whose phone, email, email domain or other field stands on a suppression list. ' +
    'Values are compared in their normal form, however they were written.',
  event: 'suppression.checked',
  revision: 1,
  config: Closed({
    lists: Type.Array(Text('Name of a list.'), {
      minItems: 1,
      uniqueItems: true,
      description: 'Lists to look in; the first that holds a value gives the reason.',
    }),
    match: Type.Array(FieldName('A field of the flow.'), {
      minItems: 1,
      uniqueItems: true,
      description: 'Fields to look for. An email is looked for as a whole and by its domain.',
    }),
    reason: Type.Optional(
      TemplateText('The reason given. It may use `field`, `list` and `label`: what was found, and where.'),
    ),
  }),
  references: { fields: ['match.*'], templates: ['reason'], templateNames: ['field', 'list', 'label'] },
  example: { lists: ['dnc', 'customers'], match: ['phone', 'email'] },
  foresee: (config) => (lead) => {
    const values = valuesOf(lead, config.match)
    const input = { lists: config.lists, values }
    return values.length === 0 ? null : { kind: 'suppression.lookup', name: 'suppression.lookup', input }
  },
  create: (config, compiler) => {
    const template = config.reason === undefined ? null : compiler.template(config.reason)
    return function* suppress(lead) {
      const values = valuesOf(lead, config.match)
      if (values.length === 0) return skip({ note: { values: 0 } })
      const hit = yield* ask('suppression.lookup', { lists: config.lists, values })
      if (!hit.found) return next({ note: { values: values.length } })
      const { field, list, label, addedAt } = hit
      const reason = reasonFrom({
        template,
        lead,
        more: { field, list, label },
        otherwise: `${titled(field)} on ${listed(label)}`,
      })
      return reject('suppressed', reason, { rule: list, note: { list, field, added_at: addedAt } })
    }
  },
})
