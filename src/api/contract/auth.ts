import { Type } from 'typebox'
import { TextOrNull, Time } from './shapes.ts'

export const Email = Type.String({ minLength: 3, maxLength: 320, pattern: '^[^@\\s]+@[^@\\s]+$' })
/** Long ones are safe, and rules of signs make them no safer: NIST SP 800-63B. */
export const NewPassword = Type.String({ minLength: 10, maxLength: 1_024, description: 'At least 10 characters.' })
export const Code = Type.String({
  minLength: 6,
  maxLength: 40,
  description: 'Of the authenticator app, or a recovery code.',
})

export const LoginBody = Type.Object(
  {
    email: Type.String({ minLength: 3, maxLength: 320 }),
    password: Type.String({ minLength: 1, maxLength: 1_024 }),
    code: Type.Optional(Code),
    tenant: Type.Optional(
      Type.String({ maxLength: 100, description: 'Short name of the tenant, for who works for several.' }),
    ),
  },
  { additionalProperties: false },
)

export const LoginAnswer = Type.Object({
  access_token: Type.String({ description: 'Sent as `Authorization: Bearer …`.' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds.' }),
  refresh_token: Type.String({ description: 'Good once, for the next pair; used twice, it ends the session.' }),
  refresh_expires_in: Type.Integer({ description: 'Seconds.' }),
})

export const RefreshBody = Type.Object(
  { refresh_token: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
)

/** Who asks, and what they may do. */
export const Me = Type.Object({
  kind: Type.Enum(['user', 'key']),
  id: Type.String(),
  email: TextOrNull({ description: 'Null of a key.' }),
  role: Type.String(),
  tenant: Type.Object({ id: Type.String(), slug: Type.String(), name: Type.String() }),
  permissions: Type.Array(Type.String(), { description: 'What is not listed is answered 403.' }),
  second_factor: Type.Boolean(),
  csrf_token: TextOrNull({ description: 'To send as `X-CSRF-Token` with every change, in a session kept by cookie.' }),
  live_mark: Type.String({
    description: 'Sent as `Last-Event-ID` to `/api/v1/live`: tells what has changed since this was answered.',
  }),
})

/** Where a session may go. */
export const MyTenants = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      slug: Type.String(),
      name: Type.String(),
      role: Type.String({ description: 'What I am there.' }),
      current: Type.Boolean({ description: 'The one that this session is in.' }),
      second_factor: Type.Boolean({ description: 'Going there needs a `code`.' }),
    }),
  ),
})
export const SwitchBody = Type.Object(
  {
    tenant: Type.String({ minLength: 1, maxLength: 100, description: 'Short name of the tenant to go to.' }),
    code: Type.Optional(Code),
  },
  { additionalProperties: false },
)
export const SwitchAnswer = Type.Object({
  session: Me,
  tokens: Type.Optional(LoginAnswer),
})

export const SessionList = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.Enum(['token', 'cookie']),
      current: Type.Boolean({ description: 'The one that asks.' }),
      created_at: Time('When it began.'),
      last_seen_at: Time('When it was last used, to the minute.'),
      expires_at: Time('When it ends by itself.'),
      ip: TextOrNull(),
      user_agent: TextOrNull(),
    }),
  ),
})
export const SessionParams = Type.Object({ id: Type.String() })

export const PasswordBody = Type.Object(
  { password: Type.String({ minLength: 1, maxLength: 1_024 }), new_password: NewPassword },
  { additionalProperties: false },
)
export const ForgottenBody = Type.Object(
  { email: Type.String({ minLength: 3, maxLength: 320 }) },
  { additionalProperties: false },
)
export const TakeLinkBody = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 200 }), password: NewPassword },
  { additionalProperties: false },
)

export const TotpBegun = Type.Object({
  secret: Type.String({ description: 'To type into an authenticator app.' }),
  uri: Type.String({ description: 'otpauth: address, for a QR code.' }),
})
export const CodeBody = Type.Object({ code: Code }, { additionalProperties: false })
export const TotpConfirmed = Type.Object({
  recovery_codes: Type.Array(Type.String(), { description: 'Each good once. Shown this once.' }),
})
export const Done = Type.Object({ done: Type.Literal(true) })
