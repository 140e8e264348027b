import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { breakingChanges, type Described } from '../../test/support/openapi-changes.ts'

interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly description?: string }>>
}
interface Document extends Described {
  readonly openapi: string
  readonly tags: readonly { readonly name: string }[]
  readonly components: {
    readonly responses: Readonly<Record<string, object>>
    readonly securitySchemes: Readonly<Record<string, object>>
  }
}

const read = (path: string): Document => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Document
const document = read('../../docs/reference/openapi.json')
const released = read('../../test/data/openapi-0.1.0.json')

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method,
    at: `${method.toUpperCase()} ${path}`,
    operation: operation as unknown as Operation,
  })),
)

/** What a linter of descriptions would say; by hand, since each rule is a line. */
const lint = ({ path, method, operation }: (typeof operations)[number]): string[] => {
  const { operationId, summary, tags = [], parameters = [], requestBody, responses, security = [] } = operation
  const found: string[] = []
  if (!operationId) found.push('has no operationId')
  if (!summary || summary.endsWith('.') || !/^[A-Z]/.test(summary)) found.push('has no summary, or it is a sentence')
  if (tags.length !== 1) found.push('has not one tag')
  for (const tag of tags) if (!document.tags.some(({ name }) => name === tag)) found.push(`has the unknown tag ${tag}`)
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  const declared = parameters.filter((each) => each.in === 'path')
  if (
    inPath.toSorted().join() !==
    declared
      .map(({ name }) => name)
      .toSorted()
      .join()
  )
    found.push('declares other parameters than its address has')
  if (declared.some(({ required }) => required !== true)) found.push('has a parameter of its address that is optional')
  if (requestBody && (method === 'get' || !requestBody.content)) found.push('has a body that cannot be')
  const statuses = Object.keys(responses)
  if (!statuses.some((status) => /^[23]/.test(status))) found.push('tells of no success')
  for (const [status, { $ref, description }] of Object.entries(responses)) {
    if ($ref !== undefined && document.components.responses[$ref.split('/').at(-1) ?? ''] === undefined)
      found.push(`${status} refers to nothing`)
    if ($ref === undefined && !description) found.push(`${status} says nothing of itself`)
  }
  for (const scheme of security.flatMap(Object.keys)) {
    if (document.components.securitySchemes[scheme] === undefined) found.push(`knows no ${scheme}`)
  }
  if (security.length > 0 && !statuses.includes('401')) found.push('needs a login and tells of no 401')
  return found
}

describe('docs/reference/openapi.json', () => {
  it('is a description that tools can read', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(operations.length).toBeGreaterThan(40)
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
    const wrong = operations.flatMap((each) => lint(each).map((what) => `${each.at} ${what}`))
    expect(wrong).toEqual([])
  })

  it('breaks no client of version 0.1.0', () => {
    expect(breakingChanges(released, document)).toEqual([])
  })
})

describe('breakingChanges', () => {
  const before = {
    paths: {
      '/a': {
        post: {
          parameters: [{ in: 'query', name: 'q', schema: { type: 'string', enum: ['x', 'y'] } }],
          requestBody: {
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  additionalProperties: false,
                  required: ['name'],
                  properties: { name: { type: 'string', maxLength: 9 }, size: { type: 'integer' } },
                },
              },
            },
          },
          responses: {
            200: {
              content: {
                'application/json': {
                  schema: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
                },
              },
            },
          },
        },
      },
    },
  } satisfies Described
  const text = JSON.stringify(before)
  const changed = (from: string, to: string): Described => {
    expect(text).toContain(from)
    return JSON.parse(text.replace(from, to)) as Described
  }

  it.each([
    ['an address that is gone', '"/a"', '"/b"', 'POST /a: is gone'],
    ['a method that is gone', '"post"', '"put"', 'POST /a: is gone'],
    ['a field that must be given', '["name"]', '["name","size"]', 'POST /a body.size: must be given now'],
    ['a field that is not known', '"size":', '"weight":', 'POST /a body.size: is no longer known'],
    ['another type', '{"type":"integer"}', '{"type":"string"}', 'POST /a body.size: no longer takes integer'],
    ['a shorter text', '"maxLength":9', '"maxLength":8', 'POST /a body.name: must be shorter'],
    ['a value that is not taken', '["x","y"]', '["x"]', 'POST /a query q: no longer takes y'],
    ['a parameter that is not known', '"q"', '"r"', 'POST /a query q: is no longer known'],
    ['an answer that is gone', '"200"', '"201"', 'POST /a: no longer answers 200'],
    ['a member that is gone', '{"id":{', '{"key":{', 'POST /a 200.id: is gone'],
    ['a member that may be missing', '["id"]', '[]', 'POST /a 200.id: may be left out now'],
    [
      'a member that may be null',
      '{"id":{"type":"string"}}',
      '{"id":{"type":["string","null"]}}',
      'POST /a 200.id: may be null now',
    ],
    ['a kind of body', 'application/json', 'application/xml', 'POST /a: no longer takes application/json'],
  ])('finds %s', (_what, from, to, expected) => {
    expect(breakingChanges(before, changed(from, to))).toContain(expected)
  })

  it('finds nothing in what is added', () => {
    for (const [from, to] of [
      ['"maxLength":9', '"maxLength":90'],
      ['["x","y"]', '["x","y","z"]'],
      ['{"id":{', '{"more":{"type":"string"},"id":{'],
      ['"size":{"type":"integer"}', '"size":{"type":["integer","null"]},"weight":{"type":"number"}'],
      ['{"/a"', '{"/new":{},"/a"'],
    ] as const)
      expect(breakingChanges(before, changed(from, to)), to).toEqual([])
  })
})
