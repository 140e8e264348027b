/** Writes the pages that are made from code, or tells which of them are out of date. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeApi } from '../../api/describe.ts'
import type { ApiDocument } from '../../api/openapi-document.ts'
import { SETTINGS } from '../../config.ts'
import { fieldTypes } from '../../fields/index.ts'
import { destinationTypes } from '../../integrations/index.ts'
import { stepTypes } from '../../steps/index.ts'
import { clientTypes } from './reference-client.ts'
import { configurationReference, environmentExample } from './reference-configuration.ts'
import { destinationsReference, enrichersReference } from './reference-destinations.ts'
import { fieldsReference } from './reference-fields.ts'
import { rolesReference } from './reference-roles.ts'
import { stepsReference } from './reference-steps.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Built once: it takes a second. */
let document: Promise<ApiDocument> | undefined
const described = (): Promise<ApiDocument> => {
  document ??= describeApi()
  return document
}

const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/configuration.md': () => configurationReference(Object.values(SETTINGS)),
  '.env.example': () => environmentExample(Object.values(SETTINGS)),
  'docs/reference/roles.md': rolesReference,
  'docs/reference/destinations.md': () => destinationsReference(destinationTypes),
  'docs/reference/enrichers.md': () => enrichersReference(destinationTypes),
  'docs/reference/fields.md': () => fieldsReference(fieldTypes),
  'docs/reference/steps.md': () => stepsReference(stepTypes),
  'docs/reference/openapi.json': async () => `${JSON.stringify(await described(), null, 2)}\n`,
}

/** Pages of which the API's description says how many there are: what lies there besides was made of an older one. */
const CLIENT = 'src/client/api'
const left = (made: Readonly<Record<string, string>>): string[] =>
  (existsSync(join(ROOT, CLIENT)) ? readdirSync(join(ROOT, CLIENT)) : [])
    .map((name) => `${CLIENT}/${name}`)
    .filter((path) => !Object.hasOwn(made, path))

const readPage = (path: string): string | undefined => {
  try {
    return readFileSync(join(ROOT, path), 'utf8')
  } catch {
    return undefined
  }
}

export interface WriteReferenceOptions {
  /** Only look. */
  readonly check: boolean
}

/** Gives the pages that differed: with `check` they still do, else they are written. Paths from the project's root. */
export const writeReference = async ({ check }: WriteReferenceOptions): Promise<readonly string[]> => {
  const client = clientTypes(await described())
  const made = await Promise.all(Object.entries(pages).map(async ([path, make]) => [path, await make()] as const))
  const stale = [...made, ...Object.entries(client)].filter(([path, text]) => readPage(path) !== text)
  const over = left(client)
  if (!check) {
    for (const [path, text] of stale) {
      mkdirSync(dirname(join(ROOT, path)), { recursive: true })
      writeFileSync(join(ROOT, path), text)
    }
    for (const path of over) rmSync(join(ROOT, path))
  }
  return [...stale.map(([path]) => path), ...over]
}

if (import.meta.main) {
  for (const path of await writeReference({ check: false })) console.log(`wrote ${path}`)
}
