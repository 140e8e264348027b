/** What of one description of an API would break a client that was written for another. */

interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly maxLength?: number
  readonly minLength?: number
  readonly maximum?: number
  readonly minimum?: number
}
interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
  readonly required?: boolean
}
interface Operation {
  readonly parameters?: readonly {
    readonly in: string
    readonly name: string
    readonly required?: boolean
    readonly schema?: Schema
  }[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}
export interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const typesOf = ({ type, enum: values, const: only }: Schema): readonly string[] => {
  if (only !== undefined) return [typeof only]
  if (values && type === undefined) return [...new Set(values.map((value) => typeof value))]
  return type === undefined ? [] : [type].flat()
}
const lacking = (from: readonly unknown[], to: readonly unknown[]): unknown[] =>
  from.filter((each) => !to.includes(each))

/** A request that was right must stay right. */
const requestChanges = (old: Schema, now: Schema, at: string): string[] => {
  const found: string[] = []
  const types = typesOf(now)
  const gone = types.length === 0 ? [] : lacking(typesOf(old), types)
  if (gone.length > 0) found.push(`${at}: no longer takes ${gone.join(', ')}`)
  if (old.enum && now.enum) {
    const values = lacking(old.enum, now.enum)
    if (values.length > 0) found.push(`${at}: no longer takes ${values.join(', ')}`)
  } else if (now.enum && !old.enum) found.push(`${at}: takes some values only`)
  if ((now.maxLength ?? Infinity) < (old.maxLength ?? Infinity)) found.push(`${at}: must be shorter`)
  if ((now.minLength ?? 0) > (old.minLength ?? 0)) found.push(`${at}: must be longer`)
  if ((now.maximum ?? Infinity) < (old.maximum ?? Infinity)) found.push(`${at}: must be smaller`)
  if ((now.minimum ?? -Infinity) > (old.minimum ?? -Infinity)) found.push(`${at}: must be larger`)
  for (const name of lacking(now.required ?? [], old.required ?? [])) found.push(`${at}.${name}: must be given now`)
  for (const [name, schema] of Object.entries(old.properties ?? {})) {
    const next = now.properties?.[name]
    if (next) found.push(...requestChanges(schema, next, `${at}.${name}`))
    else if (now.additionalProperties === false) found.push(`${at}.${name}: is no longer known`)
  }
  if (old.items && now.items) found.push(...requestChanges(old.items, now.items, `${at}[]`))
  return found
}

/** What was read in an answer must still be there, and be what it was. */
const answerChanges = (old: Schema, now: Schema, at: string): string[] => {
  const found: string[] = []
  const types = typesOf(old)
  const added = types.length === 0 ? [] : lacking(typesOf(now), types)
  if (added.length > 0) found.push(`${at}: may be ${added.join(', ')} now`)
  for (const [name, schema] of Object.entries(old.properties ?? {})) {
    const next = now.properties?.[name]
    if (!next) found.push(`${at}.${name}: is gone`)
    else {
      if (old.required?.includes(name) && !now.required?.includes(name))
        found.push(`${at}.${name}: may be left out now`)
      found.push(...answerChanges(schema, next, `${at}.${name}`))
    }
  }
  if (old.items && now.items) found.push(...answerChanges(old.items, now.items, `${at}[]`))
  return found
}

const operationChanges = (old: Operation, now: Operation, at: string): string[] => {
  const found: string[] = []
  for (const parameter of now.parameters ?? []) {
    const before = old.parameters?.find((each) => each.in === parameter.in && each.name === parameter.name)
    const name = `${at} ${parameter.in} ${parameter.name}`
    if (parameter.required && !before?.required) found.push(`${name}: must be given now`)
    if (before) found.push(...requestChanges(before.schema ?? {}, parameter.schema ?? {}, name))
  }
  for (const { in: place, name } of old.parameters ?? []) {
    if (!now.parameters?.some((each) => each.in === place && each.name === name))
      found.push(`${at} ${place} ${name}: is no longer known`)
  }
  if (now.requestBody?.required && !old.requestBody) found.push(`${at}: needs a body now`)
  for (const [type, { schema = {} }] of Object.entries(old.requestBody?.content ?? {})) {
    const next = now.requestBody?.content?.[type]
    if (next) found.push(...requestChanges(schema, next.schema ?? {}, `${at} body`))
    else found.push(`${at}: no longer takes ${type}`)
  }
  for (const [status, response] of Object.entries(old.responses)) {
    if (!status.startsWith('2')) continue
    const next = now.responses[status]
    if (!next) found.push(`${at}: no longer answers ${status}`)
    const schema = response.content?.['application/json']?.schema
    const after = next?.content?.['application/json']?.schema
    if (schema && after) found.push(...answerChanges(schema, after, `${at} ${status}`))
  }
  return found
}

export const breakingChanges = (old: Described, now: Described): string[] =>
  Object.entries(old.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const at = `${method.toUpperCase()} ${path}`
      const next = now.paths[path]?.[method]
      return next ? operationChanges(operation, next, at) : [`${at}: is gone`]
    }),
  )
