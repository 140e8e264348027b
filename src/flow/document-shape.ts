/** The keys of a flow file and what each holds. Steps, destinations' settings and blocks have schemas of their own. */
import { TERM_KEYS } from '../kit/terms.ts'
import type { Shape } from './shape.ts'

const text = (description: string): Shape => ({ type: 'string', minLength: 1, maxLength: 200, description })

const ID_PATTERN = '^[a-z0-9][a-z0-9_-]{0,62}$'
const ID_DESCRIPTION = 'an id of small letters, digits, - and _'
export const FIELD_NAME_PATTERN = /^[a-z][a-z0-9_]{0,62}$/
export const FIELD_NAME_DESCRIPTION = 'a name of small letters, digits and _ that begins with a letter'

const id: Shape = { type: 'string', pattern: ID_PATTERN, description: ID_DESCRIPTION }
export const ID_SHAPE = id

/** Read by their own schemas, where they stand. */
const BLOCK_KEYS: Readonly<Record<string, Shape>> = { accept: {}, suppress: {}, price: {}, caps: {} }

export const FLOW_SHAPE: Shape = {
  type: 'object',
  additionalProperties: false,
  required: ['flow', 'fields', 'sources'],
  properties: {
    flow: id,
    name: text('a name'),
    country: text('an ISO 3166 code such as US'),
    currency: text('an ISO 4217 code such as USD'),
    zone: text('an IANA time zone such as America/Chicago'),
    answer_within: text('a duration such as 10s'),
    obscene_words: {
      anyOf: [
        { type: 'array', items: text('a word'), maxItems: 2000 },
        {
          type: 'object',
          additionalProperties: false,
          properties: {
            add: { type: 'array', items: text('a word'), maxItems: 2000 },
            except: { type: 'array', items: text('a word'), maxItems: 2000 },
          },
        },
      ],
    },
    fields: { description: 'a map of field names to their types' },
    models: {},
    ...BLOCK_KEYS,
    sources: { description: 'a list of sources, each with an id' },
    destinations: {},
    enrichers: {},
    steps: {},
  },
}

export const FIELD_SHAPE: Shape = {
  type: 'object',
  additionalProperties: false,
  required: ['type'],
  properties: {
    type: { ...text('the name of a field type') },
    required: { type: 'boolean' },
    label: text('a label'),
    keep: { type: 'boolean' },
    compute: { type: 'string', minLength: 1, maxLength: 4000, description: 'an expression or a template' },
  },
}

export const SOURCE_SHAPE: Shape = {
  type: 'object',
  additionalProperties: false,
  required: ['id'],
  properties: {
    id,
    name: text('a name'),
    enabled: { type: 'boolean' },
    adapter: text('the name of an adapter'),
    mapping: { type: 'object', additionalProperties: {} },
    mapping_takes: { enum: ['first', 'last'] },
    id_field: text('the name of a key, or a path such as meta.id'),
    success_status: { enum: [200, 201] },
    partial: { type: 'boolean' },
    ...BLOCK_KEYS,
  },
}

/** What a field takes, written out: in a mapping, alone or as one of several in order. */
export const TAKING_SHAPE: Shape = {
  type: 'object',
  additionalProperties: false,
  properties: {
    path: { type: 'string', minLength: 1, maxLength: 2000, description: 'a path' },
    template: { type: 'string', minLength: 1, maxLength: 10_000, description: 'a template' },
    value: { type: 'string', minLength: 0, maxLength: 2000, description: 'a value' },
    when: { type: 'string', minLength: 1, maxLength: 4000, description: 'a rule over incoming' },
  },
}

/** How calls are made: of destinations and enrichers alike. */
const CALL_KEYS: Readonly<Record<string, Shape>> = {
  attempts: { type: 'integer', minimum: 1, maximum: 100 },
  retry_delay: text('a duration such as 30s'),
  timeout: text('a duration such as 10s'),
  connect_timeout: text('a duration such as 2s'),
  headers_timeout: text('a duration such as 10s'),
  body_timeout: text('a duration such as 5s'),
  retry_delays: {},
  retry_for: text('a duration up to 3d'),
  concurrency: { type: 'integer', minimum: 1, maximum: 10_000 },
  rate: text('calls in a time, such as 10/s, 600/m or 1000/h'),
  breaker: {
    anyOf: [
      { const: 'off' },
      {
        type: 'object',
        additionalProperties: false,
        properties: {
          failures: { type: 'integer', minimum: 1, maximum: 10_000, description: 'failures in a row that open it' },
          pause: text('a duration such as 30s'),
        },
      },
    ],
  },
}

/** Keys of every destination, beside its type's settings. */
export const DESTINATION_SHAPE: Shape = {
  type: 'object',
  additionalProperties: true,
  required: ['type'],
  properties: {
    type: text('the name of a destination type'),
    name: text('a name'),
    channels: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', enum: ['call', 'sms', 'email'] },
      description: 'how it will reach the person',
    },
    // Read by their own schema, once it is known what rules may speak of.
    ...Object.fromEntries(TERM_KEYS.map((key) => [key, {}])),
    ...CALL_KEYS,
  },
}

const FACT_NAME = '^[a-z][a-z0-9_]{0,62}(?:\\.[a-z][a-z0-9_]{0,62}){0,4}$'
export const FACT_NAME_PATTERN = new RegExp(FACT_NAME)

const PLACE = text('where in the answer it stands: a JSON path, an XPath, css:…, regex:…, header:… or cookie:…')

/** Keys of every enricher, beside its type's settings. */
export const ENRICHER_SHAPE: Shape = {
  type: 'object',
  additionalProperties: true,
  required: ['facts'],
  properties: {
    type: { ...text('the name of a type that can be asked'), default: 'http' },
    name: text('a name'),
    facts: {
      type: 'object',
      minProperties: 1,
      description: 'a map of facts by name to where they stand in the answer',
      additionalProperties: {
        anyOf: [
          PLACE,
          {
            type: 'object',
            additionalProperties: false,
            required: ['at'],
            properties: { at: PLACE, type: text('the name of a field type') },
          },
        ],
      },
    },
    fresh_for: text('a duration such as 30d'),
    sample: { type: 'object', additionalProperties: {} },
    ...CALL_KEYS,
  },
}

/** Keys of every step, beside its type's config; its guard is `when`, or `if` where the config has a `when` of its own. */
export const STEP_SHAPE: Shape = {
  type: 'object',
  additionalProperties: true,
  properties: {
    id,
    when: { type: 'string', minLength: 1, description: 'a rule' },
    if: { type: 'string', minLength: 1, description: 'a rule' },
    on_error: { enum: ['park', 'continue', 'stop'] },
  },
}
