/** The description of the API as it is published: problems are told once and referred to. */

interface Responses {
  [status: string]: { readonly content?: Readonly<Record<string, unknown>> } | { readonly $ref: string }
}
export interface ApiDocument {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly tags?: readonly { readonly name: string; readonly description?: string }[]
  readonly components?: Readonly<Record<string, unknown>>
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: Responses; readonly tags?: readonly string[] }>>>
  >
}

const PROBLEM = 'application/problem+json'

/** Takes a document apart from what `app.swagger()` keeps, and changes nothing in it. */
export const compactDocument = (given: object): ApiDocument => {
  const document = structuredClone(given) as ApiDocument
  const responses: Record<string, unknown> = {}
  for (const methods of Object.values(document.paths)) {
    for (const operation of Object.values(methods)) {
      for (const [status, response] of Object.entries(operation.responses)) {
        if ('$ref' in response || response.content?.[PROBLEM] === undefined) continue
        const name = `Problem${status}`
        const known = responses[name]
        // A route may say something else with the same status; then it says it itself.
        if (known !== undefined && JSON.stringify(known) !== JSON.stringify(response)) continue
        responses[name] = response
        operation.responses[status] = { $ref: `#/components/responses/${name}` }
      }
    }
  }
  const told = new Set(document.tags?.map(({ name }) => name))
  const used = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ tags = [] }) => tags),
  )
  const tags = [
    ...(document.tags ?? []),
    ...[...new Set(used)].filter((tag) => !told.has(tag)).map((name) => ({ name })),
  ]
  const sorted = Object.fromEntries(Object.entries(responses).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return { ...document, tags, components: { ...document.components, responses: sorted } }
}
