/** Writes the pages that are made from code, or tells which of them are out of date. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SETTINGS } from '../../config.ts'
import { fieldTypes } from '../../fields/index.ts'
import { stepTypes } from '../../steps/index.ts'
import { configurationReference, environmentExample } from './reference-configuration.ts'
import { fieldsReference } from './reference-fields.ts'
import { rolesReference } from './reference-roles.ts'
import { stepsReference } from './reference-steps.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

const pages: Readonly<Record<string, () => string>> = {
  'docs/reference/configuration.md': () => configurationReference(Object.values(SETTINGS)),
  '.env.example': () => environmentExample(Object.values(SETTINGS)),
  'docs/reference/roles.md': rolesReference,
  'docs/reference/fields.md': () => fieldsReference(fieldTypes),
  'docs/reference/steps.md': () => stepsReference(stepTypes),
}

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
export const writeReference = ({ check }: WriteReferenceOptions): readonly string[] => {
  const stale = Object.entries(pages).filter(([path, make]) => readPage(path) !== make())
  if (!check) {
    for (const [path, make] of stale) {
      mkdirSync(dirname(join(ROOT, path)), { recursive: true })
      writeFileSync(join(ROOT, path), make())
    }
  }
  return stale.map(([path]) => path)
}

if (import.meta.main) {
  for (const path of writeReference({ check: false })) console.log(`wrote ${path}`)
}
