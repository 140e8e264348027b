import { Type } from 'typebox'
import { TextOrNull, Time } from './shapes.ts'

export const FlowParams = Type.Object({ id: Type.String() })

export const FlowSummary = Type.Object({
  id: Type.String(),
  version: Type.Integer({ description: 'The version that new leads run.' }),
  enabled: Type.Boolean(),
  published_at: Time('When that version was published.'),
})
export const FlowList = Type.Object({ items: Type.Array(FlowSummary) })

export const FlowDetail = Type.Object({
  ...FlowSummary.properties,
  document: Type.String({ description: 'YAML or JSON, as it was published.' }),
  versions: Type.Array(
    Type.Object({
      version: Type.Integer(),
      published_at: Time('When.'),
      published_by: Type.String({ description: 'Id of the user.' }),
      note: TextOrNull({ description: 'What was changed and why.' }),
    }),
  ),
})

export const FlowBody = Type.Object(
  {
    document: Type.String({ minLength: 1, description: 'The flow, as YAML or JSON text.' }),
    note: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: 'What was changed and why.' })),
    base_version: Type.Optional(
      Type.Integer({ minimum: 0, description: 'The version it was made from; 409 where that is no longer the last.' }),
    ),
  },
  { additionalProperties: false },
)

const FlowProblem = Type.Object({
  code: Type.String(),
  message: Type.String(),
  line: Type.Integer({ description: 'From 1.' }),
  column: Type.Integer({ description: 'From 1.' }),
  path: Type.String(),
  expected: TextOrNull(),
  suggestion: TextOrNull({ description: 'The nearest right name.' }),
})

export const FlowPublished = Type.Object({
  flow: Type.String(),
  version: Type.Integer(),
  source_keys: Type.Array(Type.Object({ source: Type.String(), key: Type.String() }), {
    description: 'Keys made for sources that had none. Shown this once: only their hashes are kept.',
  }),
})
/** Problems of the document: with 422, on top of a problem document's own members. */
export const FlowRefused = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  correlation_id: Type.String(),
  problems: Type.Array(FlowProblem),
})

export const FlowVersionParams = Type.Object({ id: Type.String(), version: Type.Integer({ minimum: 1 }) })
export const FlowVersion = Type.Object({
  flow: Type.String(),
  version: Type.Integer(),
  document: Type.String(),
  published_at: Time('When.'),
  published_by: Type.String({ description: 'Id of the user.' }),
  note: TextOrNull(),
})
export const RollbackBody = Type.Object(
  {
    version: Type.Integer({ minimum: 1, description: 'Whose document is published again, as a new version.' }),
    note: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  },
  { additionalProperties: false },
)

export const DraftBody = Type.Object(
  { document: Type.String({ maxLength: 1_000_000, description: 'As YAML or JSON text.' }) },
  { additionalProperties: false },
)
export const DraftChecked = Type.Object({ problems: Type.Array(FlowProblem) })
