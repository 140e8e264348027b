/**
 * Probabilities of a group's codes, out of counts.
 *
 * Features of one group are taken as independent first, and that product is moved as far as the counts of whole codes
 * are many enough to say otherwise: so a town and its postal code are not counted twice, and a rare code is not made
 * certain by three pairs. Missing values are neutral: codes with the same features missing are a distribution of their
 * own.
 */
import { codesOf, type Feature, levelsOf } from './compare/group.ts'

export interface CodeShape {
  readonly features: readonly Feature[]
  readonly size: number
  /** Per code: its levels. */
  readonly levels: readonly (readonly number[])[]
  /** Per code: which features are there, as bits. */
  readonly present: Uint8Array
}

export const shapeOf = (features: readonly Feature[]): CodeShape => {
  const size = codesOf(features)
  const levels = Array.from({ length: size }, (_, code) => levelsOf(features, code))
  const present = Uint8Array.from(levels, (own) => own.reduce((bits, level, at) => bits | (level > 0 ? 1 << at : 0), 0))
  return { features, size, levels, present }
}

/** Per feature, per level: its share where the feature is there; level 0 is 1. */
export type Marginals = readonly Float64Array[]

export const defaultMarginals = (shape: CodeShape, kind: 'm' | 'u'): Marginals =>
  shape.features.map(({ levels }) => {
    const shares = Float64Array.from(levels, (level, at) => (at === 0 ? 1 : level[kind]))
    const total = shares.subarray(1).reduce((sum, share) => sum + share, 0)
    return shares.map((share, at) => (at === 0 ? 1 : share / total))
  })

/** `prior` weighs as many pairs as `priorPairs`. */
export const marginalsOf = (shape: CodeShape, counts: Float64Array, prior: Marginals, priorPairs: number): Marginals =>
  shape.features.map((_, feature) => {
    const defaults = prior[feature] as Float64Array
    const shares = defaults.map((share, level) => (level === 0 ? 0 : share * priorPairs))
    for (let code = 0; code < shape.size; code += 1) {
      const level = (shape.levels[code] as readonly number[])[feature] as number
      if (level > 0) shares[level] = (shares[level] as number) + (counts[code] as number)
    }
    const total = shares.reduce((sum, share) => sum + share, 0)
    return shares.map((share, level) => (level === 0 ? 1 : share / total))
  })

/**
 * The shares of the same with each level's odds held between those of different and of exact: chance and odd files would
 * else make a likeness speak louder than equality, or a difference speak for it.
 */
export const inOrder = (same: Marginals, strangers: Marginals): Marginals =>
  same.map((shares, feature) => {
    const others = strangers[feature] as Float64Array
    const last = shares.length - 1
    const ratio = (level: number): number => (shares[level] as number) / (others[level] as number)
    const high = Math.max(1, ratio(1))
    const low = Math.min(1, ratio(last))
    const held = shares.map((_, level) =>
      level === 0 ? 1 : (others[level] as number) * Math.max(low, Math.min(high, ratio(level))),
    )
    // What was taken from one level belongs to the others.
    const total = held.subarray(1).reduce((sum, share) => sum + share, 0)
    return held.map((share, level) => (level === 0 ? 1 : share / total))
  })

/** Shares with that of the last level, different, put to `differ`; the others keep their proportions. */
const withDiffering = (shares: Float64Array, differ: number): Float64Array => {
  const last = shares.length - 1
  const rest = Math.max(1e-9, 1 - (shares[last] as number))
  return shares.map((share, level) => (level === 0 ? 1 : level === last ? differ : (share * (1 - differ)) / rest))
}

/** Shares of the same, with no more pairs that differ than a feature allows. */
export const plausible = (shape: CodeShape, same: Marginals): Marginals =>
  same.map((shares, feature) => {
    const max = shape.features[feature]?.differMax ?? 1
    return (shares[shares.length - 1] as number) > max ? withDiffering(shares, max) : shares
  })

/** Shares of kin, with no fewer pairs that differ than people who are two must have. */
export const others = (shape: CodeShape, kin: Marginals): Marginals =>
  kin.map((shares, feature) => {
    const { shared, differMax } = shape.features[feature] as Feature
    if (shared || differMax === undefined) return shares
    const min = 1 - differMax
    return (shares[shares.length - 1] as number) < min ? withDiffering(shares, min) : shares
  })

const productOf = (shape: CodeShape, marginals: Marginals, code: number): number => {
  let product = 1
  const levels = shape.levels[code] as readonly number[]
  for (let at = 0; at < levels.length; at += 1)
    product *= (marginals[at] as Float64Array)[levels[at] as number] as number
  return product
}

/** Per code: its probability among codes with the same features missing. */
export const jointOf = (
  shape: CodeShape,
  marginals: Marginals,
  counts: Float64Array | null,
  inertia: number,
): Float64Array => {
  const joint = Float64Array.from({ length: shape.size }, (_, code) => productOf(shape, marginals, code))
  if (shape.features.length === 1 || counts === null) return joint
  const masses = new Float64Array(1 << shape.features.length)
  for (let code = 0; code < shape.size; code += 1) {
    const bits = shape.present[code] as number
    masses[bits] = (masses[bits] as number) + (counts[code] as number)
  }
  const sums = new Float64Array(masses.length)
  for (let code = 0; code < shape.size; code += 1) {
    const bits = shape.present[code] as number
    const product = joint[code] as number
    const expected = product * (masses[bits] as number)
    const moved = (product * ((counts[code] as number) + inertia)) / (expected + inertia)
    joint[code] = moved
    sums[bits] = (sums[bits] as number) + moved
  }
  return joint.map((share, code) => share / (sums[shape.present[code] as number] as number))
}
