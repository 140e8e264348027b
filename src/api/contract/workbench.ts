import { Type } from 'typebox'
import { AnyJson, TextOrNull } from './shapes.ts'

export const PreviewBody = Type.Object(
  {
    lead_id: Type.Optional(Type.String({ description: 'A stored lead of this flow.' })),
    lead: Type.Optional(
      Type.Unsafe<unknown>({
        anyOf: [{ type: 'string' }, { type: 'object', additionalProperties: true }],
        description: 'Either in one: the id of a stored lead, or what a source would send.',
      }),
    ),
    values: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'Instead: what a source would send.' }),
    ),
    source: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: "The source it comes in by; the lead's, or the first.",
      }),
    ),
    version: Type.Optional(Type.Integer({ minimum: 1, description: 'A published version; the current one.' })),
    document: Type.Optional(
      Type.String({ minLength: 1, description: 'Instead: a draft, as YAML or JSON text. Nothing of it is kept.' }),
    ),
    test: Type.Optional(Type.Boolean({ description: 'With `values`: a test lead.' })),
    partial: Type.Optional(
      Type.Boolean({ description: 'With `values`: more of the lead may come, and a missing value decides nothing.' }),
    ),
    now: Type.Optional(Type.String({ format: 'date-time', description: 'With `values`: when it came in; now.' })),
  },
  { additionalProperties: false },
)

const Unmet = Type.Object({ wanted: Type.String(), saw: AnyJson('By path.') })

const PreviewedRule = Type.Object({
  path: Type.String({ description: "Where it stands in the step's settings." }),
  text: Type.String({ description: 'In CEL.' }),
  holds: Type.Boolean(),
  saw: AnyJson('The values it looked at, by path.'),
  unmet: Type.Array(Unmet, { description: 'The parts that were not as wanted.' }),
})

const PreviewedValue = Type.Object({
  path: Type.String(),
  text: Type.String(),
  value: AnyJson('What it writes, or comes to.'),
  missing: Type.Array(Type.String(), { description: 'Names in it that the lead has no value for.' }),
})

export const PreviewAnswer = Type.Object({
  flow: Type.String(),
  version: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'Null: a draft.' }),
  source: Type.String(),
  lead_id: TextOrNull({ description: 'Null: values were given.' }),
  fields: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.String(),
      from: Type.Array(
        Type.Object({
          way: Type.Enum(['name', 'path', 'template', 'value', 'computed']),
          text: Type.String(),
        }),
        { description: 'Where its value comes from, the first that has one.' },
      ),
      raw: AnyJson('As it was sent.'),
      normal: AnyJson('Null where it is missing or makes no sense.'),
      valid: Type.Boolean(),
      masked: Type.Boolean(),
      parts: AnyJson('By name.'),
    }),
  ),
  extra: AnyJson('What no field took.'),
  steps: Type.Array(
    Type.Object({
      id: Type.String(),
      type: Type.String(),
      reached: Type.Boolean({ description: 'False after the step that would end the journey.' }),
      outcome: Type.Enum(['success', 'failure', 'skip', 'rejected', 'stopped', 'skipped', 'asks', 'fault'], {
        description: '`skipped`: its condition does not hold. `asks`: it depends on an answer that was not asked for.',
      }),
      code: TextOrNull(),
      reason: TextOrNull(),
      field_errors: AnyJson('Of a rejection: by field.'),
      asks: TextOrNull({ description: 'The first question it would ask.' }),
      when: Type.Unsafe<unknown>({ anyOf: [PreviewedRule, { type: 'null' }] }),
      rules: Type.Array(PreviewedRule),
      expressions: Type.Array(PreviewedValue),
      templates: Type.Array(PreviewedValue),
      set: AnyJson('What it sets of the lead: score, class, route, price, fields.'),
    }),
  ),
  after: AnyJson('Score, class, route and price after all of them, as far as they are known.'),
})

export const RuleBody = Type.Object(
  {
    rule: AnyJson('As text, or as data: { field, op, value }, all, any, not.'),
    flow: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Whose names are checked.' })),
  },
  { additionalProperties: false },
)

export const RuleAnswer = Type.Object({
  text: Type.String({ description: 'In CEL.' }),
  structured: AnyJson('As data. What has no operator stays text, under `rule`.'),
  problems: Type.Array(Type.Object({ code: Type.String(), message: Type.String(), expected: TextOrNull() }), {
    description: 'What is wrong with it.',
  }),
})
