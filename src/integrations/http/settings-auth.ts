import { type Static, Type } from 'typebox'
import { Closed } from '../../kit/config-parts.ts'

/** How calls prove who they come from. A secret is named here and kept elsewhere. */

export const HeaderName = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"

export const Address = (description: string) =>
  Type.String({ pattern: '^https?://[^\\s/?#@{}]+(?:[/?#]\\S*)?$', maxLength: 2000, description })

const SecretName = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'Name of a stored secret; the secret itself never stands in a flow.',
})

const Named = Type.String({ minLength: 1, maxLength: 200, description: 'Name of the parameter or field.' })

const OAuth2 = Closed(
  {
    token_url: Address('Where a token is asked for.'),
    client_id: Type.String({ minLength: 1, maxLength: 500 }),
    secret: SecretName,
    scope: Type.Optional(Type.String({ minLength: 1, maxLength: 2000, description: 'Separated by blanks.' })),
    audience: Type.Optional(Type.String({ minLength: 1, maxLength: 2000 })),
    send: Type.Optional(
      Type.Enum(['body', 'basic'], {
        default: 'body',
        description: 'Whether client id and secret go into the body or into a Basic header.',
      }),
    ),
  },
  {
    description:
      'OAuth 2.0 client credentials (RFC 6749, section 4.4). The token is asked for once for all, kept sealed, renewed ' +
      'before its end and when it is refused.',
  },
)

export const Auth = Type.Union(
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
      { description: 'The secret as the value of a header: `X-Api-Key` and the like.' },
    ),
    Closed(
      { query: Closed({ name: Named, secret: SecretName }) },
      { description: 'The secret as a parameter of the address. Logs over there may keep it: the last resort.' },
    ),
    Closed(
      { field: Closed({ name: Named, secret: SecretName }) },
      { description: 'The secret as a field of a JSON or form body.' },
    ),
    Closed({ oauth2: OAuth2 }),
  ],
  { description: 'How calls prove who they come from; not at all where this is left out.' },
)

export const Sign = Closed(
  {
    secret: SecretName,
    header: Type.Optional(
      Type.String({ pattern: HeaderName, default: 'X-Signature', description: 'Header that carries the signature.' }),
    ),
    algorithm: Type.Optional(Type.Enum(['sha256', 'sha512', 'sha1'], { default: 'sha256' })),
    encoding: Type.Optional(Type.Enum(['hex', 'base64'], { default: 'hex' })),
    over: Type.Optional(
      Type.Enum(['body', 'timestamp.body', 'method.path.body', 'timestamp.method.path.body'], {
        default: 'body',
        description: 'What is signed: these parts, in this order, joined by `separator`. The path holds the query too.',
      }),
    ),
    separator: Type.Optional(Type.String({ maxLength: 5, default: '.' })),
    prefix: Type.Optional(
      Type.String({ maxLength: 50, default: '', description: 'Stands before the signature: `sha256=`.' }),
    ),
    timestamp_header: Type.Optional(
      Type.String({ pattern: HeaderName, description: 'Header that carries the time, in seconds since 1970.' }),
    ),
  },
  { description: 'Signs each request with an HMAC, so that the receiver can tell that it is ours and whole.' },
)

export const Certificate = Closed(
  {
    certificate: SecretName,
    key: SecretName,
    passphrase: Type.Optional(SecretName),
  },
  { description: 'A client certificate (mutual TLS): names of stored secrets that hold certificate and key as PEM.' },
)

export type Auth = Static<typeof Auth>
export type Sign = Static<typeof Sign>
