/** A model as JSON and back: weights and shares, no value of any row. */
import { codesOf } from './compare/group.ts'
import type { Model } from './em.ts'
import type { Schema } from './schema.ts'

interface Stored {
  readonly version: 1
  readonly same_share: number
  readonly kin_share: number
  readonly rounds: number
  readonly groups: readonly {
    readonly id: string
    readonly same: readonly number[]
    readonly strangers: readonly number[]
    readonly kin: readonly number[]
  }[]
}

export const modelToJson = (schema: Schema, model: Model): string => {
  const stored: Stored = {
    version: 1,
    same_share: model.sameShare,
    kin_share: model.kinShare,
    rounds: model.rounds,
    groups: model.groups.map(({ same, strangers, kin }, at) => ({
      id: schema.groups[at]?.id ?? '',
      same: [...same],
      strangers: [...strangers],
      kin: [...kin],
    })),
  }
  return JSON.stringify(stored)
}

/** Null where the text is no model, or one of other fields or levels than the schema's. */
export const modelFromJson = (schema: Schema, text: string): Model | null => {
  let stored: Stored
  try {
    stored = JSON.parse(text) as Stored
  } catch {
    return null
  }
  if (stored.version !== 1 || stored.groups?.length !== schema.groups.length) return null
  const isSame = stored.groups.every(({ id, same, strangers, kin }, at) => {
    const group = schema.groups[at]
    return group && id === group.id && [same, strangers, kin].every((list) => list.length === codesOf(group.features))
  })
  if (!isSame) return null
  return {
    sameShare: stored.same_share,
    kinShare: stored.kin_share,
    rounds: stored.rounds,
    groups: stored.groups.map(({ same, strangers, kin }) => ({
      same: Float64Array.from(same),
      strangers: Float64Array.from(strangers),
      kin: Float64Array.from(kin),
    })),
  }
}
