import { Type } from 'typebox'
import { Closed } from '../../kit/config-parts.ts'

export const Forget = Closed(
  {
    url: Type.String({
      pattern: '^https?://[^\\s/?#@{}]+(?:[/?#]\\S*)?$',
      maxLength: 2000,
      description: 'Where it is told. `{reference}`, `{delivery}` and `{lead}` stand for the ids of what it received.',
    }),
    method: Type.Optional(
      Type.Enum(['DELETE', 'POST', 'PUT', 'PATCH'], {
        default: 'POST',
        description: 'DELETE has no body; the others say in JSON what is to be done: `act`, and the ids.',
      }),
    ),
    acts: Type.Optional(
      Type.Array(Type.Enum(['erase', 'revoke', 'restrict', 'rectify']), {
        minItems: 1,
        uniqueItems: true,
        default: ['erase'],
        description: 'What it is told here: to erase a lead, or that a consent was taken back, restricted or mended.',
      }),
    ),
  },
  {
    description:
      'How it is told that a person it received asked to be erased. 2xx, 404 and 410 are its acknowledgement. Left out: ' +
      'somebody has to tell it, and the request stays open until they say so.',
  },
)
