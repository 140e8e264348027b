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
  readonly links: readonly {
    readonly groups: readonly [number, number]
    readonly features: readonly [number, number]
    readonly size: number
    readonly same: readonly number[]
    readonly strangers: readonly number[]
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
    links: model.links.map((link) => ({ ...link, same: [...link.same], strangers: [...link.strangers] })),
  }
  return JSON.stringify(stored)
}

/** Whether a link joins fields that the schema has, with as many levels. */
const isLinkOf = (schema: Schema, link: Stored['links'][number]): boolean => {
  const [rows, size] = link.groups.map(
    (group, side) => schema.groups[group]?.features[link.features[side as 0 | 1]]?.levels.length ?? 0,
  ) as [number, number]
  return size > 0 && size === link.size && [link.same, link.strangers].every((list) => list.length === rows * size)
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
  if (!isSame || !stored.links?.every((link) => isLinkOf(schema, link))) return null
  return {
    sameShare: stored.same_share,
    kinShare: stored.kin_share,
    rounds: stored.rounds,
    groups: stored.groups.map(({ same, strangers, kin }) => ({
      same: Float64Array.from(same),
      strangers: Float64Array.from(strangers),
      kin: Float64Array.from(kin),
    })),
    links: stored.links.map((link) => ({
      ...link,
      same: Float64Array.from(link.same),
      strangers: Float64Array.from(link.strangers),
    })),
  }
}
