import { type Static, Type } from 'typebox'
import { Closed } from '../../kit/config-parts.ts'

const SecretName = (description: string) => Type.String({ minLength: 1, maxLength: 100, description })
const ApiName = (description: string) => Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,79}$', description })
const ClientId = Type.String({ minLength: 1, maxLength: 500, description: 'Consumer key of the connected app.' })
const LoginUrl = Type.Optional(
  Type.String({
    pattern: '^https://[^\\s/?#@]+$',
    default: 'https://login.salesforce.com',
    description: 'Where tokens are given: `https://test.salesforce.com` for a sandbox.',
  }),
)

const Auth = Type.Union(
  [
    Closed({
      jwt: Closed(
        {
          client_id: ClientId,
          username: Type.String({ minLength: 1, maxLength: 200, description: 'User that leads are written as.' }),
          key: SecretName('Name of the stored secret that holds the RSA private key, as PEM.'),
          login_url: LoginUrl,
        },
        { description: 'OAuth 2.0 JWT bearer flow: no person needs to log in.' },
      ),
    }),
    Closed({
      refresh_token: Closed(
        {
          client_id: ClientId,
          secret: Type.Optional(SecretName('Name of the stored consumer secret, where the app has one.')),
          token: SecretName('Name of the stored refresh token. A new one that Salesforce gives is kept in its place.'),
          login_url: LoginUrl,
        },
        { description: 'OAuth 2.0 refresh token flow.' },
      ),
    }),
  ],
  { description: 'How access tokens are got. They are kept sealed, and renewed when they are refused.' },
)

export const SalesforceSettings = Closed({
  instance_url: Type.String({
    pattern: '^https://[^\\s/?#@]+$',
    description: 'Your My Domain: `https://acme.my.salesforce.com`.',
  }),
  auth: Auth,
  object: Type.Optional({ ...ApiName('Lead, Contact, or an object of your own.'), default: 'Lead' }),
  external_id: Type.Optional(
    ApiName(
      'Field, marked as external id, by which a record is found and updated or else made. It takes the value the map names, ' +
        'or the lead’s id. Without it each delivery makes a new record.',
    ),
  ),
  assignment_rule: Type.Optional(
    Type.String({
      pattern: '^(active|none|01Q[A-Za-z0-9]{12,15})$',
      description:
        '`active`, `none`, or the id of a rule. Left out: as Salesforce does, which is to run the active one.',
    }),
  ),
  duplicates: Type.Optional(
    Type.Enum(['refuse', 'save'], {
      default: 'refuse',
      description:
        'What happens where a duplicate rule raises an alert: the lead is refused as a duplicate, or saved all the same.',
    }),
  ),
  account: Type.Optional(
    Closed(
      { external_id: ApiName('External id field of Account.') },
      {
        description:
          'For contacts: values named `Account.…` in the map make or update an account first, in the same call, and the ' +
          'contact belongs to it.',
      },
    ),
  ),
  campaign: Type.Optional(
    Type.String({
      pattern: '^701[A-Za-z0-9]{12,15}$',
      description: 'Id of a campaign that the lead or contact becomes a member of, in the same call.',
    }),
  ),
  api_version: Type.Optional(
    Type.String({ pattern: '^v(4[6-9]|[5-9]\\d)\\.0$', default: 'v62.0', description: 'From v46.0.' }),
  ),
})

export type SalesforceSettings = Static<typeof SalesforceSettings>
