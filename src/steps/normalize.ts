import { Type } from 'typebox'
import { Closed, FieldName } from '../kit/config-parts.ts'
import { defineStep, next, skip } from '../kit/step.ts'
import { isBlank, textOf } from '../kit/values.ts'

export const normalize = defineStep({
  type: 'normalize',
  summary:
    'Records which fields were sent in another form than their normal one, and which are not valid. ' +
    'Fields are parsed when a lead comes in, so this changes nothing: it shows up in the trail what a sender gets wrong.',
  event: 'lead.normalized',
  revision: 1,
  config: Closed({
    fields: Type.Optional(
      Type.Array(FieldName('A field of the flow.'), {
        minItems: 1,
        uniqueItems: true,
        description: 'Fields to look at; all of them where this is left out.',
      }),
    ),
  }),
  references: { fields: ['fields.*'] },
  example: { fields: ['email', 'phone'] },
  create: (config) =>
    function* normalize(lead) {
      const sent = (config.fields ?? Object.keys(lead.fields)).filter((name) => !isBlank(lead.fields[name]))
      if (sent.length === 0) return skip()
      const changed: string[] = []
      const invalid: string[] = []
      const masked: string[] = []
      for (const name of sent) {
        const field = lead.fields[name]
        if (!field) continue
        if (textOf(field.raw) !== textOf(field.normal)) changed.push(name)
        if (!field.valid) invalid.push(name)
        if (field.masked) masked.push(name)
      }
      return next({ note: { fields: sent.length, changed, invalid, ...(masked.length > 0 && { masked }) } })
    },
})
