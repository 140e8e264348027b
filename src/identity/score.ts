/** The log odds of a pair under a model, with the rarity of the values it agrees on. */
import type { Model } from './em.ts'
import { type Link, levelTables } from './links.ts'
import { shareMinOf, type Table } from './table.ts'
import { shapeOf } from './weights.ts'

export interface Scorer {
  /** How many kinds of evidence there are: one a group, and one a link of two. */
  readonly kinds: number
  /** Natural logarithms: same person against strangers, and kin against strangers, before anything is compared. */
  readonly prior: { readonly same: number; readonly kin: number }
  /**
   * Writes for each kind what it says for the same person (`same`) and for kin (`kin`), each against strangers, as natural
   * logarithms; 0 where it says nothing.
   */
  weigh(a: number, b: number, codes: Uint16Array, same: Float64Array, kin: Float64Array): void
  /** Natural log odds that two rows are one person, given the codes of their groups. */
  logOdds(a: number, b: number, codes: Uint16Array): number
}

/** Log odds against all who are not the same person, strangers and kin together. */
export const oddsAgainstAll = (same: number, kin: number): number =>
  same - (Math.max(0, kin) + Math.log1p(Math.exp(-Math.abs(kin))))

interface Rare {
  readonly feature: number
  readonly rarity: number
}

export const createScorer = (table: Table, model: Model): Scorer => {
  const rare: (readonly Rare[])[][] = table.schema.groups.map(({ features }) => {
    const shape = shapeOf(features)
    return shape.levels.map((levels) =>
      levels.flatMap((level, feature) => {
        const rarity = features[feature]?.levels[level]?.rarity ?? 0
        return rarity > 0 ? [{ feature, rarity }] : []
      }),
    )
  })
  const shareMin = shareMinOf(table)
  const isShared = table.schema.groups.map(({ features }) => features.map(({ shared }) => shared === true))
  const logAgreement = table.agreement.map((group) => group.map((share) => Math.log(Math.max(share, shareMin / 2))))
  const levels = levelTables(table.schema)
  const logStrangers = Math.log(1 - model.sameShare - model.kinShare)
  const prior = { same: Math.log(model.sameShare) - logStrangers, kin: Math.log(model.kinShare) - logStrangers }
  const groupCount = model.groups.length
  const kinds = groupCount + model.links.length

  const weigh: Scorer['weigh'] = (a, b, codes, same, kin) => {
    for (let group = 0; group < groupCount; group += 1) {
      const code = codes[group] as number
      if (code === 0) {
        same[group] = 0
        kin[group] = 0
        continue
      }
      const tables = model.groups[group] as Model['groups'][number]
      let forSame = (tables.same[code] as number) - (tables.strangers[code] as number)
      let forKin = (tables.kin[code] as number) - (tables.strangers[code] as number)
      for (const { feature, rarity } of (rare[group] as (readonly Rare[])[])[code] as readonly Rare[]) {
        const shares = (table.shares[group] as readonly Float32Array[])[feature] as Float32Array
        const ids = table.ids[group] as Int32Array
        const share = Math.max(shares[ids[a] as number] as number, shares[ids[b] as number] as number, shareMin)
        const moved = rarity * (Math.log(share) - ((logAgreement[group] as number[])[feature] as number))
        forSame -= moved
        // Kin share a rare surname as the same person does, and a rare given name as strangers do.
        if ((isShared[group] as boolean[])[feature]) forKin -= moved
      }
      same[group] = forSame
      kin[group] = forKin
    }
    for (let at = 0; at < model.links.length; at += 1) {
      const { groups, features, size, same: sameLogs, strangers } = model.links[at] as Link
      const levelA = levels[groups[0]]?.[features[0]]?.[codes[groups[0]] as number] as number
      const levelB = levels[groups[1]]?.[features[1]]?.[codes[groups[1]] as number] as number
      const cell = levelA * size + levelB
      same[groupCount + at] = (sameLogs[cell] as number) - (strangers[cell] as number)
      kin[groupCount + at] = -(strangers[cell] as number)
    }
  }
  const ofSame = new Float64Array(kinds)
  const ofKin = new Float64Array(kinds)
  return {
    kinds,
    prior,
    weigh,
    logOdds: (a, b, codes) => {
      weigh(a, b, codes, ofSame, ofKin)
      let same = prior.same
      let kin = prior.kin
      for (let kind = 0; kind < kinds; kind += 1) {
        same += ofSame[kind] as number
        kin += ofKin[kind] as number
      }
      return oddsAgainstAll(same, kin)
    },
  }
}
