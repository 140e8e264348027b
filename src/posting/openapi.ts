/** The submission address of one source as a document in OpenAPI 3.1: for tools that make clients of it. */
import type { Json } from '../kit/field.ts'
import type { DocumentedField, SubmissionSpec } from './spec.ts'

type Schema = { [key: string]: Json }

const schemaOf = (field: DocumentedField): Schema => ({
  type: ['string', 'number', 'boolean'],
  title: field.label,
  description: field.about,
  examples: [field.example],
})

/** Nested as the payload is. */
const add = (schema: Schema, names: readonly (string | number)[], field: DocumentedField): void => {
  const [name, ...rest] = names
  if (typeof name !== 'string') return
  const properties = (schema.properties ?? Object.create(null)) as { [key: string]: Schema }
  schema.properties = properties
  if (field.required) {
    const required = (schema.required ?? []) as string[]
    schema.required = required.includes(name) ? required : [...required, name]
  }
  if (rest.length === 0) {
    properties[name] = schemaOf(field)
    return
  }
  const isList = typeof rest[0] === 'number'
  const inner: Schema = properties[name] ?? (isList ? { type: 'array', items: { type: 'object' } } : { type: 'object' })
  properties[name] = inner
  add(isList ? (inner.items as Schema) : inner, isList ? rest.slice(1) : rest, field)
}

const bodySchema = (spec: SubmissionSpec): Schema => {
  const schema: Schema = { type: 'object', additionalProperties: true }
  for (const field of spec.fields) add(schema, field.names, field)
  return schema
}

const answer = (description: string): Schema => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Answer' } } },
})

const ANSWER: Schema = {
  type: 'object',
  required: ['outcome', 'lead_id', 'accepted', 'price', 'reason', 'code'],
  properties: {
    outcome: { type: 'string', enum: ['success', 'failure', 'error', 'pending'] },
    lead_id: { type: 'string', format: 'uuid' },
    accepted: { type: ['boolean', 'null'], description: 'Null while it is not decided.' },
    price: { type: 'number', description: 'What the source is paid.' },
    duration: { type: 'number', description: 'Milliseconds.' },
    reason: { type: ['string', 'null'], description: 'For people.' },
    code: { type: ['string', 'null'], description: 'For programs.' },
    field_errors: { type: 'object', additionalProperties: { type: 'string' } },
    duplicate_of: { type: 'string' },
    destinations: { type: 'object', additionalProperties: true },
  },
}

export const submissionOpenApi = (spec: SubmissionSpec, base: string): Schema => {
  const schema = { $ref: '#/components/schemas/Lead' }
  const content = Object.fromEntries(
    spec.samples.flatMap(({ format, content_type: type, body }) => {
      if (type === null) return []
      const example: Json = format === 'json' ? (JSON.parse(body ?? '{}') as Json) : (body ?? '')
      return [[type, { schema, example }]]
    }),
  )
  const rules = spec.rules.map(({ words }) => `- ${words}`).join('\n')
  const said = `Sends a lead of ${spec.source.name} to ${spec.flow.name}.${rules === '' ? '' : `\n\nAccepted where all of this holds:\n\n${rules}`}`
  return {
    openapi: '3.1.0',
    info: {
      title: `${spec.flow.name}: leads of ${spec.source.name}`,
      version: String(spec.flow.version),
      description: said,
    },
    servers: [{ url: base === '' ? '/' : base }],
    security: [{ key: [] }, { header: [] }, { basic: [] }],
    paths: {
      [spec.path]: {
        post: {
          operationId: 'submitLead',
          summary: 'Send a lead',
          parameters: [
            { name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 255 } },
            { name: 'test', in: 'query', schema: { type: 'string', enum: ['true'] } },
            { name: 'mode', in: 'query', schema: { type: 'string', enum: ['sync', 'async'] } },
          ],
          requestBody: { required: true, content },
          responses: {
            [String(spec.source.success_status)]: answer('Accepted.'),
            '202': answer('Taken in, and not decided yet.'),
            '409': answer('A duplicate.'),
            '422': answer('Turned away.'),
            '401': { description: 'The key is missing or wrong.' },
            '429': { description: 'Too many at once: try again after Retry-After seconds.' },
            '503': { description: 'Not now: try again after Retry-After seconds.' },
          },
        },
      },
    },
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        basic: { type: 'http', scheme: 'basic' },
      },
      schemas: { Lead: bodySchema(spec), Answer: ANSWER },
    },
  }
}
