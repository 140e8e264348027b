/** Why two rows are one person, or not: what each field says, at which level, with what weight. */
import type { Group } from './compare/group.ts'
import { levelsOf } from './compare/group.ts'
import type { Model } from './em.ts'
import type { Keyed, Person, Schema } from './schema.ts'

export interface Reason {
  /** Group of fields that are judged together: `name`, `birth`, `place`. */
  readonly group: string
  /** Each field that both sides have, and its level: `surname: close`. */
  readonly levels: readonly { readonly field: string; readonly level: string }[]
  /** Bits (logarithm to base 2 of the odds): above 0 speaks for one person. Rarity of the value included. */
  readonly weight: number
  /** Bits that come of how rare the values are that agree. */
  readonly rarity: number
}

export interface Judgement {
  readonly reasons: readonly Reason[]
  /** Bits before anything is compared: most pairs are strangers. */
  readonly prior: number
  /** Bits taken away because a family would agree as well; 0 or below. */
  readonly kinship: number
  /** Bits: prior, kinship and all weights. */
  readonly total: number
  readonly probability: number
}

/** The share of rows with the same value as the commoner one of a pair; and the chance that any two agree. Null: not known. */
export type RarityOf = (group: number, feature: number) => { readonly share: number; readonly agreement: number } | null

const LN2 = Math.log(2)

/** What the links of a group to groups before it add: the later of two fields is taken for what it says beyond the first. */
const linkedIn = (
  schema: Schema,
  model: Model,
  codes: ArrayLike<number>,
  group: number,
): { readonly same: number; readonly strangers: number } => {
  let same = 0
  let strangers = 0
  for (const link of model.links) {
    if (link.groups[1] !== group) continue
    const [first, second] = link.groups.map((each, side) => {
      const features = schema.groups[each]?.features ?? []
      return levelsOf(features, codes[each] ?? 0)[link.features[side as 0 | 1]] ?? 0
    }) as [number, number]
    same += link.same[first * link.size + second] as number
    strangers += link.strangers[first * link.size + second] as number
  }
  return { same, strangers }
}

export const judgeCodes = (schema: Schema, model: Model, codes: ArrayLike<number>, rarityOf: RarityOf): Judgement => {
  const logSame = Math.log(model.sameShare)
  const logStrangers = Math.log(1 - model.sameShare - model.kinShare)
  let kin = Math.log(model.kinShare) - logStrangers
  let total = logSame - logStrangers
  const prior = total
  const reasons: Reason[] = []
  for (const [at, { id, features }] of schema.groups.entries()) {
    const code = codes[at] ?? 0
    if (code === 0) continue
    const tables = model.groups[at] as Model['groups'][number]
    const own = levelsOf(features, code)
    let rare = 0
    let rareAmongKin = 0
    for (const [feature, level] of own.entries()) {
      const rarity = features[feature]?.levels[level]?.rarity ?? 0
      const known = rarity > 0 ? rarityOf(at, feature) : null
      if (!known) continue
      const moved = rarity * (Math.log(known.share) - Math.log(known.agreement))
      rare += moved
      if (!features[feature]?.shared) rareAmongKin += moved
    }
    const linked = linkedIn(schema, model, codes, at)
    const strangers = (tables.strangers[code] as number) + rare + linked.strangers
    const weight = (tables.same[code] as number) + linked.same - strangers
    total += weight
    kin += (tables.kin[code] as number) + rareAmongKin - strangers
    reasons.push({
      group: id,
      levels: own.flatMap((level, feature) =>
        level === 0
          ? []
          : [{ field: features[feature]?.id ?? id, level: features[feature]?.levels[level]?.id ?? String(level) }],
      ),
      weight: weight / LN2,
      rarity: -rare / LN2,
    })
  }
  // Strangers and kin together are the other side: as likely as the likelier of the two, and a little more.
  const kinship = -(Math.max(0, kin) + Math.log1p(Math.exp(-Math.abs(kin))))
  const odds = total + kinship
  return {
    reasons,
    prior: prior / LN2,
    kinship: kinship / LN2,
    total: odds / LN2,
    probability: 1 / (1 + Math.exp(-odds)),
  }
}

/** One line for people: `name: surname close, given_name exact +9.1; birth: exact +11.0`. Weights in bits; no values. */
export const reasonsText = ({ reasons }: Judgement): string =>
  [...reasons]
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .map(({ levels, weight }) => {
      const said = levels.map(({ field, level }) => `${field} ${level}`).join(', ')
      return `${said} ${weight < 0 ? '−' : '+'}${Math.abs(weight).toFixed(1)}`
    })
    .join('; ')

/** Two values that agree more or less, by the field they are of. */
export interface RarityTerms {
  readonly group: string
  readonly field: string
  readonly a: string
  readonly b: string
}

export interface Judge {
  judge(a: Person, b: Person): Judgement & { readonly codes: readonly number[] }
}

/** Judges two persons wherever they come from, as in the intake path. `rarityOf` is asked with the two, where given. */
export const createJudge = (options: {
  readonly schema: Schema
  readonly model: Model
  readonly rarityOf?: (terms: RarityTerms) => { readonly share: number; readonly agreement: number } | null
}): Judge => {
  const { schema, model, rarityOf } = options
  return {
    judge: (a, b) => {
      const codes = schema.groups.map((group: Group<Keyed>, at) => {
        const [left, right] = [a.values[at], b.values[at]]
        return left && right ? group.compare(left, right) : 0
      })
      const judgement = judgeCodes(schema, model, codes, (at, feature) => {
        const group = schema.groups[at]
        const [left, right] = [a.values[at], b.values[at]]
        if (!rarityOf || !group || !left || !right) return null
        const [termA, termB] = [group.terms(left)[feature], group.terms(right)[feature]]
        if (!termA || !termB) return null
        return rarityOf({ group: group.id, field: group.features[feature]?.id ?? '', a: termA, b: termB })
      })
      return { ...judgement, codes }
    },
  }
}
