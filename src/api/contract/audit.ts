import { Type } from 'typebox'
import { AnyJson, TextOrNull, Time } from './shapes.ts'

const Filter = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))

export const AuditQuery = Type.Object(
  {
    actor: Filter,
    action: Filter,
    resource: Filter,
    resource_id: Filter,
    from: Type.Optional(Type.String({ maxLength: 40, description: 'At or after this time (ISO 8601).' })),
    to: Type.Optional(Type.String({ maxLength: 40, description: 'Before this time (ISO 8601).' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'Default 50.' })),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: '`next_cursor` of the page before.' })),
  },
  { additionalProperties: false },
)

export const AuditPage = Type.Object({
  items: Type.Array(
    Type.Object({
      seq: Type.Integer({ description: 'Its place in the chain of this tenant.' }),
      at: Time('When.'),
      actor: Type.Object({
        kind: Type.String({ description: '`unknown` is somebody who was not let in.' }),
        id: Type.String(),
      }),
      action: Type.String({
        description:
          'What was done: `lead.read`, `flow.publish`; `session.refuse` and `key.refuse` where a login or key was turned away.',
      }),
      resource: Type.String(),
      resource_id: TextOrNull(),
      data: AnyJson('Facts, without personal data. Times are ISO 8601.'),
      private: AnyJson('What is sealed of it: the address it came from.'),
    }),
  ),
  next_cursor: TextOrNull({ description: 'Null on the last page.' }),
})
