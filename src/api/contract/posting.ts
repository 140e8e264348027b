import { Type } from 'typebox'
import { AnyJson, TextOrNull } from './shapes.ts'

export const PostingParams = Type.Object({ id: Type.String(), source: Type.String() })

export const Posting = Type.Object({
  page_url: Type.String({
    description: 'The page for whoever sends the leads: needs no login. Its address is a secret.',
  }),
  openapi_url: Type.String(),
  submit_url: Type.String(),
  flow: Type.String(),
  version: Type.Integer(),
  source: Type.String(),
  enabled: Type.Boolean(),
  fields: Type.Array(
    Type.Object({
      key: Type.String({ description: 'The name it is sent under; a path into nested values.' }),
      field: Type.String(),
      label: Type.String(),
      type: Type.String(),
      required: Type.Boolean(),
      example: Type.String(),
    }),
  ),
  rules: Type.Array(
    Type.Object({
      of: Type.Enum(['flow', 'source']),
      words: Type.String(),
      reason: TextOrNull({ description: 'What a lead that does not fulfil it is told.' }),
    }),
  ),
  samples: Type.Array(
    Type.Object({
      format: Type.Enum(['json', 'form', 'xml', 'query']),
      method: Type.Enum(['POST', 'GET']),
      content_type: TextOrNull(),
      query: Type.String({ description: 'What follows the address.' }),
      body: TextOrNull(),
    }),
    { description: 'Leads that pass, one in each format.' },
  ),
  unmet: Type.Array(Type.String(), { description: 'Rules that no sample was found for.' }),
  openapi: AnyJson('OpenAPI 3.1.'),
})
