/** What two rows say of values that do not change in a life: the same, another, or nothing. */
import { levelsOf } from './compare/group.ts'
import type { Model } from './em.ts'
import type { Schema } from './schema.ts'

export interface FixedFeature {
  readonly group: number
  /** Per code: 1 agrees, -1 conflicts, 0 says nothing. */
  readonly verdicts: Int8Array
  /** Natural log odds that one more row in conflict takes away: it would be wrong, and wrong as the others are. */
  readonly weight: number
}

/** No row in conflict counts for more: rows are copied, errors and all. */
const WEIGHT_MAX = 6

export const fixedFeatures = (schema: Schema, model: Model): FixedFeature[] =>
  schema.groups.flatMap(({ features }, group) =>
    features.flatMap(({ fixed, levels }, at) => {
      if (!fixed || features.length > 1) return []
      const tables = model.groups[group] as Model['groups'][number]
      const verdicts = Int8Array.from(tables.same, (_, code) => {
        const level = levelsOf(features, code)[at] ?? 0
        return level === 0 ? 0 : level <= fixed.agreesUpTo ? 1 : -1
      })
      const last = levels.length - 1
      const wrong = (tables.strangers[last] as number) - (tables.same[last] as number)
      const alike = (tables.same[1] as number) - (tables.strangers[1] as number)
      return [{ group, verdicts, weight: Math.min(WEIGHT_MAX, Math.max(0, wrong) + Math.max(0, alike)) }]
    }),
  )
