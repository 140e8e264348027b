/** The types of the API's client, written from the description of the API. */

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
}

interface Parameter {
  readonly in: string
  readonly name: string
  readonly required?: boolean
  readonly schema: Schema
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}

interface Operation {
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

const nameOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ')

const objectType = ({ properties = {}, required = [], additionalProperties }: Schema): string => {
  const members = Object.entries(properties).map(
    ([name, schema]) => `${nameOf(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`,
  )
  if (members.length > 0) return `{ ${members.join('; ')} }`
  if (typeof additionalProperties === 'object') return `Record<string, ${typeOf(additionalProperties)}>`
  return additionalProperties === false ? 'Record<never, never>' : 'Record<string, unknown>'
}

const ofType = (type: string, schema: Schema): string => {
  switch (type) {
    case 'string':
      return 'string'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array': {
      const item = typeOf(schema.items ?? {})
      return /[ |]/.test(item) ? `(${item})[]` : `${item}[]`
    }
    default:
      return objectType(schema)
  }
}

const typeOf = (schema: Schema): string => {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)))
  const { type } = schema
  if (typeof type === 'string') return ofType(type, schema)
  if (Array.isArray(type)) return union(type.map((each: string) => ofType(each, schema)))
  const several = schema.anyOf ?? schema.oneOf
  if (several) return union(several.map(typeOf))
  if (schema.allOf) return schema.allOf.map(typeOf).join(' & ')
  return schema.properties ? objectType(schema) : 'unknown'
}

const bodyOf = ({ content = {} }: Content): string | null => {
  const types = Object.keys(content)
  if (types.length === 0) return null
  const json = content['application/json']?.schema
  const texts = types.some((type) => !type.includes('json'))
  return union([...(json ? [typeOf(json)] : []), ...(texts ? ['string'] : [])])
}

const answerOf = (responses: Operation['responses']): string => {
  const types = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, response]) => {
      const schema = response.content?.['application/json']?.schema
      return schema ? typeOf(schema) : response.content ? 'string' : 'undefined'
    })
  return types.length === 0 ? 'unknown' : union(types)
}

const partOf = (parameters: readonly Parameter[], place: string): string | null => {
  const members = parameters
    .filter((parameter) => parameter.in === place)
    .map(({ name, required, schema }) => `${nameOf(name)}${required ? '' : '?'}: ${typeOf(schema)}`)
  return members.length === 0 ? null : `{ ${members.join('; ')} }`
}

const operationLines = (method: string, operation: Operation): string[] => {
  const { parameters = [], requestBody, responses, summary } = operation
  const parts = [
    ['path', partOf(parameters, 'path')],
    ['query', partOf(parameters, 'query')],
    ['body', requestBody ? bodyOf(requestBody) : null],
    ['answer', answerOf(responses)],
  ].filter(([, type]) => type !== null)
  return [
    ...(summary === undefined ? [] : [`    /** ${summary} */`]),
    `    ${method}: {`,
    ...parts.map(([name, type]) => `      ${name}: ${type}`),
    '    }',
  ]
}

const FOLDER = 'src/client/api'
const MADE = '// Generated from docs/reference/openapi.json. To make it anew: npm run reference\n'

/** `API keys` → `ApiKeys`, `api-keys`. */
const nameOfTag = (tag: string): string =>
  tag
    .split(/\W+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('')
const fileOfTag = (tag: string): string => `${tag.toLowerCase().replace(/\W+/g, '-')}.ts`

/** TypeScript by its path: a file for each tag, and one that holds them together. An address stands under its first tag. */
export const clientTypes = (document: { readonly paths: object }): Readonly<Record<string, string>> => {
  const paths = Object.entries(document.paths as Paths).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const byTag = Map.groupBy(paths, ([, methods]) => Object.values(methods)[0]?.tags?.[0] ?? 'Other')
  const tags = [...byTag.keys()].toSorted()
  const files = tags.map((tag): [string, string] => {
    const lines = (byTag.get(tag) ?? []).flatMap(([path, methods]) => [
      `  '${path}': {`,
      ...Object.entries(methods).flatMap(([method, operation]) => operationLines(method, operation)),
      '  }',
    ])
    return [`${FOLDER}/${fileOfTag(tag)}`, `${MADE}\nexport interface ${nameOfTag(tag)} {\n${lines.join('\n')}\n}\n`]
  })
  const imports = tags.map((tag) => `import type { ${nameOfTag(tag)} } from './${fileOfTag(tag)}'\n`)
  const whole = `${MADE}
${imports.join('')}
/** What can be asked, at which address, and what is answered. */
export interface Api extends ${tags.map(nameOfTag).join(', ')} {}
`
  return Object.fromEntries([...files, [`${FOLDER}/index.ts`, whole]])
}
