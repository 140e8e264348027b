import { type Static, Type } from 'typebox'
import { Closed } from '../../kit/config-parts.ts'

const HeaderName = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
const HeaderValue = Type.String({ pattern: '^[\\t -~]*$', description: 'Printable ASCII.' })

const SecretName = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'Name of a stored secret; the secret itself never stands in a flow.',
})

const ValuePath = (what: string) =>
  Type.String({
    minLength: 1,
    maxLength: 200,
    description: `Where in the JSON answer ${what} stands, as \`result.0.status\`.`,
  })

const Auth = Type.Union(
  [
    Closed({ bearer: Closed({ secret: SecretName }) }, { description: '`Authorization: Bearer …`' }),
    Closed(
      {
        basic: Closed({
          username: Type.String({ pattern: '^[^:]*$', description: 'In plain; it cannot hold a colon.' }),
          secret: SecretName,
        }),
      },
      { description: '`Authorization: Basic …`, the secret being the password.' },
    ),
    Closed(
      { header: Closed({ name: Type.String({ pattern: HeaderName }), secret: SecretName }) },
      { description: 'The secret as the value of a header.' },
    ),
  ],
  { description: 'How calls prove who they come from; not at all where this is left out.' },
)

const Response = Closed(
  {
    outcome_path: Type.Optional(ValuePath('whether the lead was taken')),
    success_values: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        default: ['success', 'accepted', 'ok', 'true'],
        description: 'Values at `outcome_path` that mean it was; large and small letters are alike.',
      }),
    ),
    reason_path: Type.Optional(ValuePath('why it was not')),
    reference_path: Type.Optional(ValuePath("the destination's own id of the lead")),
    price_path: Type.Optional(ValuePath('what it pays')),
    price_currency: Type.Optional(
      Type.String({
        pattern: '^[A-Z]{3}$',
        default: 'USD',
        description: 'ISO 4217 currency of that price where the answer names none.',
      }),
    ),
  },
  {
    description:
      'How its answer is read. By status alone where this is left out: 2xx means taken, and the reference is looked for ' +
      'under `id`, `lead_id` and `reference`.',
  },
)

export const HttpSettings = Closed({
  url: Type.String({
    pattern: '^https?://[^\\s/?#@]+(?:[/?#]\\S*)?$',
    maxLength: 2000,
    description: 'Where leads are sent, with `https://` and no user or password inside.',
  }),
  method: Type.Optional(
    Type.Enum(['POST', 'PUT', 'PATCH', 'GET'], {
      default: 'POST',
      description:
        'GET sends the lead in the address, where logs on the way can see it: only for receivers that take no other.',
    }),
  ),
  format: Type.Optional(
    Type.Enum(['json', 'form'], { default: 'json', description: 'How the body is written. GET has none.' }),
  ),
  headers: Type.Optional(
    Type.Record(Type.String({ pattern: HeaderName }), HeaderValue, {
      additionalProperties: false,
      description: 'Headers of every call. They stand in plain: a secret belongs into `auth`.',
    }),
  ),
  idempotency_header: Type.Optional(
    Type.String({
      pattern: HeaderName,
      default: 'Idempotency-Key',
      description:
        'Header that carries the id of the delivery, the same at every attempt. It is always sent; naming it says that ' +
        'the receiver heeds it.',
    }),
  ),
  repeat: Type.Optional(
    Type.Enum(['safe', 'keyed', 'unsafe'], {
      description:
        'What the receiver does with the same delivery twice: nothing, recognises its key, or takes it twice. It decides ' +
        'whether a delivery whose answer was lost is sent again or waits for a person. Left out: `keyed` where ' +
        '`idempotency_header` is named, else `unsafe`.',
    }),
  ),
  auth: Type.Optional(Auth),
  response: Type.Optional(Response),
  check_url: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s/?#@]+(?:[/?#]\\S*)?$',
      maxLength: 2000,
      description: 'Address that answers a GET with 2xx where the connection is well; used to test it.',
    }),
  ),
})

export type HttpSettings = Static<typeof HttpSettings>
