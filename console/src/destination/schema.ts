/** As much of JSON Schema as settings are described with. */
export interface Schema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly default?: unknown
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

export type Values = Readonly<Record<string, unknown>>

const LONG_TEXT = 2_001

export type Kind =
  | 'choice'
  | 'flag'
  | 'number'
  | 'secret'
  | 'long'
  | 'text'
  | 'lines'
  | 'pairs'
  | 'block'
  | 'one_of'
  | 'other'

export const valuesOf = (value: unknown): Values =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Values) : {}

/** The one key that a variant of a choice between blocks is told by. */
export const variantKey = (schema: Schema): string | null => {
  const keys = Object.keys(schema.properties ?? {})
  return keys.length === 1 ? (keys[0] ?? null) : null
}

/** What a setting is written with. */
export const kindOf = (schema: Schema): Kind => {
  if (schema.enum !== undefined) return 'choice'
  if (schema.anyOf !== undefined) return schema.anyOf.every((each) => variantKey(each) !== null) ? 'one_of' : 'other'
  switch (schema.type) {
    case 'boolean':
      return 'flag'
    case 'integer':
    case 'number':
      return 'number'
    case 'string':
      if (/\bstored (?:secret|password|private key)/.test(schema.description ?? '')) return 'secret'
      return (schema.maxLength ?? 0) >= LONG_TEXT ? 'long' : 'text'
    case 'array':
      return schema.items?.type === 'string' ? 'lines' : 'other'
    case 'object': {
      if (schema.properties !== undefined) return 'block'
      const of = Object.values(schema.patternProperties ?? {})[0] ?? schema.additionalProperties
      return typeof of === 'object' && of.type === 'string' ? 'pairs' : 'other'
    }
    default:
      return 'other'
  }
}

/** Values with one of them set, or taken out where it is nothing. */
export const withValue = (values: Values, name: string, value: unknown): Values => {
  const { [name]: _old, ...rest } = values
  return value === undefined || value === '' ? rest : { ...values, [name]: value }
}
