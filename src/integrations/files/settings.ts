import { type Static, Type } from 'typebox'
import { Closed } from '../../kit/config-parts.ts'

const SecretName = (description: string) => Type.String({ minLength: 1, maxLength: 100, description })
const Folder = (description: string) =>
  Type.String({
    pattern: '^[A-Za-z0-9_][A-Za-z0-9._ -]*(/[A-Za-z0-9_][A-Za-z0-9._ -]*)*$',
    maxLength: 300,
    description,
  })

const To = Type.Union(
  [
    Closed({ folder: Folder('A folder on the server, below `files` of its data folder and the tenant’s own.') }),
    Closed({
      sftp: Closed({
        host: Type.String({ pattern: '^[A-Za-z0-9.-]{1,253}$' }),
        port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, default: 22 })),
        host_key: Type.String({
          pattern: '^SHA256:[A-Za-z0-9+/]{43}$',
          description:
            'The server’s key, as `ssh-keyscan HOST | ssh-keygen -lf -` shows it: another server gets nothing.',
        }),
        username: Type.String({ pattern: '^[^:]{1,100}$' }),
        password: Type.Optional(SecretName('Name of the stored password.')),
        key: Type.Optional(SecretName('Instead of it: name of the stored private key.')),
        folder: Type.Optional(Folder('Where files go, from where the login lands.')),
      }),
    }),
    Closed({
      s3: Closed({
        bucket: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$' }),
        region: Type.String({ pattern: '^[a-z0-9-]{1,40}$' }),
        endpoint: Type.Optional(
          Type.String({
            pattern: '^https?://[^\\s/?#@]+$',
            description: 'Of a store that is not Amazon’s: `https://s3.eu-central-003.backblazeb2.com`.',
          }),
        ),
        prefix: Type.Optional(Folder('What stands before the name: `leads/in`.')),
        access_key_id: Type.String({ pattern: '^[A-Za-z0-9]{4,128}$' }),
        secret: SecretName('Name of the stored secret access key.'),
      }),
    }),
  ],
  { description: 'Where files go.' },
)

export const FilesSettings = Closed({
  to: To,
  format: Type.Optional(Type.Enum(['csv', 'jsonl'], { default: 'csv', description: 'CSV, or a JSON object a line.' })),
  columns: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      minItems: 1,
      maxItems: 500,
      description: 'Names in their order. Left out: every name of the file’s leads, in the order they first come in.',
    }),
  ),
  header: Type.Optional(Type.Boolean({ default: true, description: 'Whether a CSV begins with the names.' })),
  delimiter: Type.Optional(Type.String({ minLength: 1, maxLength: 1, default: ',', description: 'Between values.' })),
  name: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_{][A-Za-z0-9._{} -]*$',
      maxLength: 150,
      default: '{flow}-{date}-{time}-{id}',
      description: 'Of each file, without its ending; `{flow}`, `{date}`, `{time}` (UTC) and `{id}` are filled in.',
    }),
  ),
  every: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1440, default: 15, description: 'Minutes that leads are collected for.' }),
  ),
  at: Type.Optional(
    Type.Array(Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }), {
      minItems: 1,
      maxItems: 48,
      description: 'Instead of `every`: times of the day, as `02:00`.',
    }),
  ),
  zone: Type.Optional(
    Type.String({ pattern: '^[A-Za-z_+-]+(/[A-Za-z_+-]+){0,2}$', default: 'UTC', description: 'Time zone of `at`.' }),
  ),
  receipt: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'Whether a file of the same name and `.receipt.json` follows: rows, bytes, SHA-256 and deliveries.',
    }),
  ),
})

export type FilesSettings = Static<typeof FilesSettings>
