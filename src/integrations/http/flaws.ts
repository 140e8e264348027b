import { Fault } from '../../base/faults.ts'
import { batchFlaws } from '../../kit/batch.ts'
import type { DestinationTools, Escape, SettingFlaw } from '../../kit/destination.ts'
import { readJsonPath } from './json-path.ts'
import { patternFlaw, placeFlaw } from './place.ts'
import { bodyEscape, isInAddress } from './request.ts'
import type { HttpSettings } from './settings.ts'

/** What the schema of the settings cannot say. */

const PLACES = ['outcome_path', 'reason_path', 'reference_path', 'price_path'] as const

const ofTemplates = function* (settings: HttpSettings, tools: DestinationTools): Generator<SettingFlaw> {
  const format = settings.format ?? 'json'
  const templates: (readonly [string, string, Escape])[] = [
    ['url', settings.url, 'url'],
    ...(settings.body === undefined ? [] : [['body', settings.body, bodyEscape(format)] as const]),
    ...Object.entries(settings.headers ?? {}).map(([name, text]) => [`headers.${name}`, text, 'header'] as const),
  ]
  for (const [path, text, into] of templates) {
    try {
      tools.template(text, into)
    } catch (error) {
      yield { path, message: error instanceof Fault ? error.message : 'the template cannot be read' }
    }
  }
}

const ofResponse = function* (settings: HttpSettings, tools: DestinationTools): Generator<SettingFlaw> {
  const { response } = settings
  if (response === undefined) return
  const places: (readonly [string, string | undefined])[] = [
    ...PLACES.map((name) => [`response.${name}`, response[name]] as const),
    ...Object.entries(response.capture ?? {}).map(([name, place]) => [`response.capture.${name}`, place] as const),
    ...(response.outcomes ?? []).map(({ at }, index) => [`response.outcomes.${index}.at`, at] as const),
  ]
  for (const [path, place] of places) {
    const message = place === undefined ? null : placeFlaw(place, tools)
    if (message !== null) yield { path, message }
  }
  for (const [index, { search }] of (response.outcomes ?? []).entries()) {
    const message = search?.startsWith('regex:') ? patternFlaw(search.slice(6), tools) : null
    if (message !== null) yield { path: `response.outcomes.${index}.search`, message }
  }
}

const ofFormat = function* (settings: HttpSettings): Generator<SettingFlaw> {
  const { format = 'json', method = 'POST', body, graphql, auth } = settings
  if (method === 'CONNECT')
    yield { path: 'method', message: 'CONNECT opens a tunnel through a proxy: it sends no lead' }
  if (method === 'TRACE' || method === 'TRACK')
    yield { path: 'method', message: `${method} sends back what it is sent, credentials among it: it delivers no lead` }
  yield* batchFlaws(settings.batch)
  if (settings.batch !== undefined) {
    if (format !== 'json' || isInAddress(method) || body !== undefined)
      yield {
        path: 'batch',
        message: 'a batch is a list in JSON: it needs format json, a method with a body, and no body of its own',
      }
    if ([settings.url, ...Object.values(settings.headers ?? {})].some((text) => text.includes('{')))
      yield {
        path: 'batch',
        message: 'address and headers of a batch are the same for all its leads: they hold no templates',
      }
    if (settings.batch.results !== undefined && readJsonPath(settings.batch.results) === null)
      yield { path: 'batch.results', message: 'the JSON path cannot be read: write result.0.status' }
  }
  if (format === 'graphql' && graphql === undefined)
    yield { path: 'format', message: 'format graphql needs graphql.query' }
  if (format !== 'graphql' && graphql !== undefined)
    yield { path: 'graphql', message: 'graphql has a meaning with format graphql alone' }
  if (format === 'text' && body === undefined) yield { path: 'format', message: 'format text needs a body' }
  if (body !== undefined && (isInAddress(method) || ['query', 'multipart', 'graphql'].includes(format)))
    yield { path: 'body', message: `a body has no meaning with ${isInAddress(method) ? method : `format ${format}`}` }
  if (auth !== undefined && 'field' in auth && (isInAddress(method) || !['json', 'form', 'graphql'].includes(format)))
    yield { path: 'auth', message: 'auth.field needs a JSON or form body' }
}

export const flawsOf = (settings: HttpSettings, tools: DestinationTools): readonly SettingFlaw[] => [
  ...ofFormat(settings),
  ...ofTemplates(settings, tools),
  ...ofResponse(settings, tools),
]
