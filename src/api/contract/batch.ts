import { Type } from 'typebox'
import { TextOrNull } from './shapes.ts'
import { Answer } from './submission.ts'

export const BATCH_MAX = 1_000

export const BatchQuery = Type.Object({
  mode: Type.Optional(
    Type.Enum(['sync', 'async'], { description: '`async`: each answered as soon as it is durable. Default `sync`.' }),
  ),
  key: Type.Optional(Type.String({ description: "The source's key, where no header can carry it." })),
})

export const BatchBody = Type.Unsafe<readonly Readonly<Record<string, unknown>>[] | { leads: readonly unknown[] }>({
  description:
    `A list of at most ${BATCH_MAX} leads, or an object with the list in \`leads\`; with a login instead of a source's ` +
    'key, `flow` and `source` stand beside it. Together at most 16 MB.',
  anyOf: [
    { type: 'array', items: { type: 'object', additionalProperties: true } },
    {
      type: 'object',
      required: ['leads'],
      properties: {
        leads: { type: 'array', items: { type: 'object', additionalProperties: true } },
        flow: { type: 'string' },
        source: { type: 'string' },
      },
    },
  ],
})

export const BatchResult = Type.Object({
  index: Type.Integer({ description: 'Place in the list, from 0.' }),
  status: Type.Integer({ description: 'What the lead alone would have been answered with.' }),
  lead_id: TextOrNull({ description: 'Null where it was not taken in.' }),
  answer: Type.Unsafe<Answer | null>({
    anyOf: [{ type: 'null' }, Answer],
    description: 'What became of it; null where it was not taken in.',
  }),
  error: Type.Unsafe<{ code: string; detail: string } | null>({
    type: ['object', 'null'],
    properties: { code: { type: 'string' }, detail: { type: 'string' } },
    description: 'Why it was not taken in.',
  }),
})

export const BatchAnswer = Type.Object({
  total: Type.Integer(),
  accepted: Type.Integer(),
  rejected: Type.Integer({ description: 'Taken in, and turned away by the flow.' }),
  pending: Type.Integer({ description: 'Taken in, and not decided yet.' }),
  failed: Type.Integer({ description: 'Not taken in.' }),
  results: Type.Array(BatchResult),
})
