import { type Static, Type } from 'typebox'
import { BATCH_WORDS, batchParts } from '../../kit/batch.ts'
import { Closed } from '../../kit/config-parts.ts'
import { Address, Auth, Certificate, HeaderName, Sign } from './settings-auth.ts'
import { Forget } from './settings-forget.ts'
import { Response } from './settings-response.ts'

const HeaderValue = Type.String({ pattern: '^[\\t -~]*$', description: 'Printable ASCII; may be a template.' })

const XmlName = '^[A-Za-z_][A-Za-z0-9_.:-]{0,99}$'

const Soap = Closed(
  {
    action: Type.Optional(Type.String({ maxLength: 500, description: 'The SOAPAction.' })),
    version: Type.Optional(Type.Enum(['1.1', '1.2'], { default: '1.1' })),
  },
  { description: 'With `format: soap`; `root` or `body` is what stands in the Body.' },
)

const Graphql = Closed(
  {
    query: Type.String({ minLength: 1, maxLength: 10_000, description: 'The mutation; the payload is its variables.' }),
    operation: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'The operationName.' })),
    variable: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'One variable that takes the whole payload.' }),
    ),
  },
  { description: 'With `format: graphql`. An answer with `errors` is a refusal, whatever its status.' },
)

const Csv = Closed({
  header: Type.Optional(Type.Boolean({ default: false, description: 'Whether a line of names comes first.' })),
  delimiter: Type.Optional(Type.String({ minLength: 1, maxLength: 1, default: ',' })),
})

export const HttpSettings = Closed({
  url: Type.String({
    pattern: '^https?://[^\\s/?#@{}]+(?:[/?#].*)?$',
    maxLength: 2000,
    description:
      'Where leads are sent, with `https://` and no user or password inside. After the host it may hold templates, whose ' +
      'values are escaped for addresses: `https://api.example.com/leads/{{ payload.id }}`.',
  }),
  method: Type.Optional(
    Type.String({
      pattern: '^[A-Z][A-Z0-9_-]{0,29}$',
      default: 'POST',
      description:
        'Any method, in capitals, but CONNECT and TRACE. GET and HEAD send the lead in the address, where logs on the way ' +
        'can see it: only for receivers that take no other.',
    }),
  ),
  format: Type.Optional(
    Type.Enum(['json', 'form', 'query', 'xml', 'soap', 'graphql', 'multipart', 'csv', 'text'], {
      default: 'json',
      description:
        'How the lead is written: as the body, or with `query` (and always with GET) in the address. `text` is what `body` ' +
        'says and nothing else.',
    }),
  ),
  body: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 10_000,
      description:
        'The body as a template over `payload`, in place of the mapped names: `{"name": "{{ payload.first_name }}"}`. ' +
        'Values are escaped for JSON or XML.',
    }),
  ),
  nested: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Writes `contact.email` as a name within a name, in JSON and GraphQL. XML always does.',
    }),
  ),
  root: Type.Optional(Type.String({ pattern: XmlName, default: 'lead', description: 'The outermost element of XML.' })),
  namespace: Type.Optional(
    Type.String({ minLength: 1, maxLength: 500, description: 'The default namespace (xmlns) of that element.' }),
  ),
  soap: Type.Optional(Soap),
  graphql: Type.Optional(Graphql),
  csv: Type.Optional(Csv),
  ascii: Type.Optional(
    Type.Boolean({ default: false, description: 'Writes é as e and leaves out what ASCII does not have.' }),
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
      // No `default`: a flow that leaves it out must not claim that the receiver heeds it.
      description:
        'Header that carries the id of the delivery, the same at every attempt. It is always sent, as `Idempotency-Key` ' +
        'where nothing else is named; naming it says that the receiver heeds it.',
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
  sign: Type.Optional(Sign),
  client_certificate: Type.Optional(Certificate),
  follow_redirects: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 5,
      default: 0,
      description:
        'Redirects that are followed, each checked like the first address. Credentials go to its own host alone.',
    }),
  ),
  redirect_hosts: Type.Optional(
    Type.Array(Type.String({ pattern: '^[a-z0-9.-]+(:\\d{1,5})?$' }), {
      minItems: 1,
      maxItems: 20,
      description: 'Other hosts that a redirect may lead to. The lead itself goes to none that is not named.',
    }),
  ),
  batch: Type.Optional(
    Closed(
      {
        ...batchParts(1_000),
        under: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 100,
            description: 'Name that the list stands under; without it, the body is the list.',
          }),
        ),
        results: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 200,
            description:
              'JSON path of a list in the answer that speaks of each lead, in the same order; each is read as `response` says. ' +
              'Without it the answer is that of all.',
          }),
        ),
      },
      { description: `${BATCH_WORDS} With \`format: json\`.` },
    ),
  ),
  response: Type.Optional(Response),
  forget: Type.Optional(Forget),
  check_url: Type.Optional(
    Address('Address that answers a GET with 2xx where the connection is well; used to test it.'),
  ),
})

export type HttpSettings = Static<typeof HttpSettings>
