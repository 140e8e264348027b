import type { Json } from '../kit/field.ts'
import { readJson } from './json.ts'
import { readPairs, valuesOfPairs } from './pairs.ts'
import { readXml } from './xml.ts'

/**
 * The values of a submission as a journal keeps it, read as they were when it came. Null where its text alone does not
 * say them: a row of a file, whose columns somebody named, or a form in another charset.
 */
export const readKept = (format: string, raw: string): Readonly<Record<string, Json>> | null => {
  try {
    // One that held a value which is not kept was written anew, whatever it came as.
    if (format === 'json' || raw.startsWith('{')) return readJson(raw)
    if (format === 'xml') return readXml(raw)
    if (format === 'csv') return null
    return valuesOfPairs(readPairs(raw, { charset: null, what: 'body' }))
  } catch {
    return null
  }
}
