/**
 * The shape of a comparison.
 *
 * A *group* holds what is known of one side of a person (the name, the address …) and compares two of its values. It has
 * one or more *features* (given name, surname), each graded in *levels* from missing (0) over the strongest agreement (1)
 * down to different (the last). The levels of a group's features are one number, its *code*: features of one group depend
 * on each other, so that what they say together is learned together; groups are taken as independent.
 */

export interface Level {
  readonly id: string
  /** Shipped default: how often persons' true pairs are at this level, where both values are there. */
  readonly m: number
  /** Shipped default: how often pairs of strangers are. */
  readonly u: number
  /** How far a value's rarity counts: 1 for values that agree, less for near ones, 0 (default) not at all. */
  readonly rarity?: number
}

export interface Feature {
  readonly id: string
  /** The first is missing. */
  readonly levels: readonly Level[]
  /** Shared by the members of a household or a family, as surname and address are. */
  readonly shared?: boolean
  /**
   * At most so many true pairs differ, whatever a file seems to say: a kind of pair whose dates of birth mostly differ is
   * not one person, however well it explains the rest.
   */
  readonly differMax?: number
  /**
   * Does not change in a life, as a date of birth. Where two sets of rows agree on one value each, and the values differ,
   * that is no error of one row: they are two people.
   */
  readonly fixed?: { readonly agreesUpTo: number }
}

export interface Group<Value> {
  readonly id: string
  readonly features: readonly Feature[]
  /** The code of a pair: the same whichever comes first. */
  compare(a: Value, b: Value): number
  /** For each feature the value whose rarity counts, or null. */
  terms(value: Value): readonly (string | null)[]
}

export const MISSING: Level = { id: 'missing', m: 1, u: 1 }

/** How many codes a group has. */
export const codesOf = (features: readonly Feature[]): number =>
  features.reduce((product, { levels }) => product * levels.length, 1)

/** The levels behind a code, one a feature. */
export const levelsOf = (features: readonly Feature[], code: number): number[] => {
  const levels: number[] = []
  let rest = code
  for (let at = features.length - 1; at >= 0; at -= 1) {
    const count = (features[at] as Feature).levels.length
    levels[at] = rest % count
    rest = Math.floor(rest / count)
  }
  return levels
}
