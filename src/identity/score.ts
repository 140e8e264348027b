/** The log odds of a pair under a model, with the rarity of the values it agrees on. */
import type { Model } from './em.ts'
import { levelTables } from './links.ts'
import { shareMinOf, type Table } from './table.ts'
import { shapeOf } from './weights.ts'

export interface Scorer {
  /** Natural log odds that two rows are one person, given the codes of their groups. */
  logOdds(a: number, b: number, codes: Uint16Array): number
}

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
  const priorSame = Math.log(model.sameShare)
  const priorKin = Math.log(model.kinShare)
  const priorStrangers = Math.log(1 - model.sameShare - model.kinShare)
  return {
    logOdds: (a, b, codes) => {
      let same = priorSame
      let strangers = priorStrangers
      let kin = priorKin
      for (let group = 0; group < model.groups.length; group += 1) {
        const code = codes[group] as number
        if (code === 0) continue
        const tables = model.groups[group] as Model['groups'][number]
        same += tables.same[code] as number
        strangers += tables.strangers[code] as number
        kin += tables.kin[code] as number
        for (const { feature, rarity } of (rare[group] as (readonly Rare[])[])[code] as readonly Rare[]) {
          const shares = (table.shares[group] as readonly Float32Array[])[feature] as Float32Array
          const ids = table.ids[group] as Int32Array
          const share = Math.max(shares[ids[a] as number] as number, shares[ids[b] as number] as number, shareMin)
          const moved = rarity * (Math.log(share) - ((logAgreement[group] as number[])[feature] as number))
          strangers += moved
          if (!(isShared[group] as boolean[])[feature]) kin += moved
        }
      }
      for (const { groups, features, size, same: sameLogs, strangers: strangerLogs } of model.links) {
        const levelA = levels[groups[0]]?.[features[0]]?.[codes[groups[0]] as number] as number
        const levelB = levels[groups[1]]?.[features[1]]?.[codes[groups[1]] as number] as number
        same += sameLogs[levelA * size + levelB] as number
        strangers += strangerLogs[levelA * size + levelB] as number
      }
      const top = Math.max(strangers, kin)
      return same - (top + Math.log(Math.exp(strangers - top) + Math.exp(kin - top)))
    },
  }
}
