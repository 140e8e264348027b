import { type Static, Type } from 'typebox'
import { Closed } from '../../kit/config-parts.ts'

/** How an answer is read. */

const Place = (what: string) =>
  Type.String({
    minLength: 1,
    maxLength: 400,
    description:
      `Where in the answer ${what} stands: a JSON path (\`result.0.status\`, \`$.items[*].id\`), an XPath ` +
      '(`//Status`), `css:.message`, `regex:Id: (\\d+)`, `header:location` or `cookie:session`.',
  })

const Values = (description: string) => Type.Array(Type.String({ maxLength: 500 }), { minItems: 1, description })

const Outcome = Type.Enum(['success', 'failure', 'duplicate', 'error'], {
  description:
    '`success`: taken. `failure`: refused for good. `duplicate`: refused, since they have it. `error`: something that may ' +
    'pass: tried again.',
})

const OutcomeRule = Closed({
  status: Type.Optional(
    Type.Integer({ minimum: 100, maximum: 599, description: 'Holds only for this status, also where it is no 2xx.' }),
  ),
  at: Type.Optional(Place('what is searched; without it the whole body')),
  search: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 300,
      description: 'Text that must occur there, or `regex:…`; large and small letters are alike. Without it: any text.',
    }),
  ),
  is: Outcome,
})

const Amount = Type.String({ pattern: '^\\d{1,15}(\\.\\d{1,6})?$', description: 'Decimal, as `12.50`.' })

export const Response = Closed(
  {
    content_type: Type.Optional(
      Type.Enum(['json', 'xml', 'html', 'text'], {
        description: 'What the answer is, whatever it says of itself.',
      }),
    ),
    outcome_path: Type.Optional(Place('whether the lead was taken')),
    success_values: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        default: ['success', 'accepted', 'ok', 'true'],
        description: 'Values at `outcome_path` that mean it was; large and small letters are alike.',
      }),
    ),
    duplicate_values: Type.Optional(Values('Values there that mean: refused, since they have it already.')),
    error_values: Type.Optional(Values('Values there that mean: something that may pass; it is tried again.')),
    outcomes: Type.Optional(
      Type.Array(OutcomeRule, {
        minItems: 1,
        maxItems: 30,
        description: 'Search terms and what they mean; the first that holds decides, before `outcome_path`.',
      }),
    ),
    otherwise: Type.Optional(
      Type.Enum(['success', 'failure', 'error'], {
        description:
          'What a 2xx means for which none of `outcomes` holds. Left out: `failure` where one of them means success, else ' +
          '`success`.',
      }),
    ),
    reason_path: Type.Optional(Place('why it was not')),
    default_reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: 'The reason where the answer gives none.' }),
    ),
    reference_path: Type.Optional(Place("the destination's own id of the lead")),
    price_path: Type.Optional(Place('what it pays')),
    default_price: Type.Optional({ ...Amount, description: 'What it pays where the answer names nothing.' }),
    price_currency: Type.Optional(
      Type.String({
        pattern: '^[A-Z]{3}$',
        default: 'USD',
        description: 'ISO 4217 currency of that price where the answer names none.',
      }),
    ),
    capture: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,62}$' }), Place('a further value'), {
        additionalProperties: false,
        maxProperties: 30,
        description: 'Further values by name; later steps see them as `deliveries.<destination>.captured.<name>`.',
      }),
    ),
  },
  {
    description:
      'How its answer is read. By status alone where this is left out: 2xx means taken, and the reference is looked for ' +
      'under `id`, `lead_id` and `reference`.',
  },
)

export type Response = Static<typeof Response>
