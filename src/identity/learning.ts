/** What a file teaches: its candidate pairs compared, random pairs beside them, and the weights that follow. */
import type { Candidates } from './candidates.ts'
import { codesOf } from './compare/group.ts'
import type { Comparer } from './comparer.ts'
import { learn, type Model } from './em.ts'
import { createPatterns, type Patterns } from './patterns.ts'
import type { Schema } from './schema.ts'
import type { Table } from './table.ts'

export interface Learned {
  readonly model: Model
  /** Candidate pairs the model saw, and those the file is reckoned to have. */
  readonly candidatePairs: number
}

/** A third of a million pairs tell how often strangers agree; rarer agreement is left to the shipped defaults. */
const RANDOM_PAIRS = 300_000
/** Rows whose candidates are looked at: beyond, more rows say the same. */
const ROWS_MAX = 60_000
const CHUNK_ROWS = 2_000

/** A sequence that looks random and is the same each time (xorshift32, Marsaglia 2003). */
const createSequence = (): ((below: number) => number) => {
  let state = 0x9e3779b9
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const countRandom = (table: Table, comparer: Comparer, patterns: Patterns, codes: Uint16Array): number[] => {
  const { distinct } = table
  const size = distinct.length
  const counts: number[] = []
  const count = (a: number, b: number): void => {
    comparer.compare(distinct[a] as number, distinct[b] as number, codes)
    const pattern = patterns.of(codes)
    counts[pattern] = (counts[pattern] ?? 0) + 1
  }
  if ((size * (size - 1)) / 2 <= RANDOM_PAIRS) {
    for (let a = 0; a < size; a += 1) for (let b = a + 1; b < size; b += 1) count(a, b)
    return counts
  }
  const sequence = createSequence()
  for (let drawn = 0; drawn < RANDOM_PAIRS; ) {
    const a = sequence(size)
    const b = sequence(size)
    if (a === b) continue
    count(Math.min(a, b), Math.max(a, b))
    drawn += 1
  }
  return counts
}

/** What somebody said of two rows of the schema: the code of each group, and whether they are one person. */
export interface Label {
  readonly codes: readonly number[]
  readonly same: boolean
}

/** How far learning has come: how many pairs agree in which way, and no value of any row. */
export interface LearningState {
  /** The fields that were compared, and in how many ways each: weights of others are learned anew. */
  readonly shape: string
  /** The row to go on with. */
  readonly row: number
  /** Candidate pairs seen. */
  readonly seen: number
  /** The code of each group, of each pattern after the other, in the order they were met. */
  readonly codes: readonly number[]
  /** Of each pattern, the pairs that showed it. */
  readonly counts: readonly number[]
}

const shapeOf = ({ groups }: Schema): string =>
  groups.map(({ id, features }) => `${id} ${codesOf(features)}`).join(', ')

export interface Learning {
  readonly done: number
  readonly total: number
  /** To go on from another time. */
  state(): LearningState
}

/** Yields how many rows are done of how many. `earlier`: where another run over the same table came to. */
export function* learnModel(
  table: Table,
  comparer: Comparer,
  candidates: Candidates,
  labels: readonly Label[] = [],
  earlier: LearningState | null = null,
): Generator<Learning, Learned> {
  const { size, schema } = table
  const shape = shapeOf(schema)
  const before = earlier?.shape === shape ? earlier : null
  const patterns = createPatterns(schema)
  const { groupCount } = patterns
  const codes = new Uint16Array(Math.max(1, groupCount))
  const countCopies = (row: number, copies: number): void => {
    comparer.compare(row, row, codes)
    const pattern = patterns.of(codes)
    counts[pattern] = (counts[pattern] ?? 0) + copies
  }
  const every = Math.max(1, Math.ceil(size / ROWS_MAX))
  const counts: number[] = [...(before?.counts ?? [])]
  // In the order they were met, so that each has the number it had.
  for (let at = 0; before && at < before.codes.length; at += groupCount)
    patterns.of(Uint16Array.from(before.codes.slice(at, at + groupCount)))
  let seen = before?.seen ?? 0
  for (let row = before?.row ?? 0; row < size; row += every) {
    const above = candidates.above(row)
    for (let at = 0; at < above.count; at += 1) {
      comparer.compare(row, above.rows[at] as number, codes)
      const pattern = patterns.of(codes)
      counts[pattern] = (counts[pattern] ?? 0) + every
    }
    seen += above.count * every
    if (row % CHUNK_ROWS === 0)
      yield {
        done: row,
        total: size,
        state: () => ({
          shape,
          row: row + every,
          seen,
          codes: [...patterns.codes().subarray(0, patterns.count() * groupCount)],
          counts: Array.from({ length: patterns.count() }, (_, pattern) => counts[pattern] ?? 0),
        }),
      }
  }
  // Copies of a row are one person as often as their values say: one pair for each.
  let previous = 0
  for (const first of table.distinct) {
    if (first - previous > 1) countCopies(previous, first - previous - 1)
    previous = first
  }
  if (size - previous > 1) countCopies(previous, size - previous - 1)
  const randomCounts = countRandom(table, comparer, patterns, codes)
  const said: [number[], number[]] = [[], []]
  for (const { codes: own, same } of labels) {
    if (own.length !== schema.groups.length) continue
    const pattern = patterns.of(Uint16Array.from(own))
    const counted = said[same ? 0 : 1]
    counted[pattern] = (counted[pattern] ?? 0) + 1
  }
  const dense = (sparse: readonly number[]): Float64Array =>
    Float64Array.from({ length: patterns.count() }, (_, pattern) => sparse[pattern] ?? 0)
  const model = learn({
    schema,
    patterns,
    candidates: dense(counts),
    random: dense(randomCounts),
    pairs: Math.max(1, (size * (size - 1)) / 2),
    rows: size,
    labels: { same: dense(said[0]), different: dense(said[1]) },
  })
  return { model, candidatePairs: seen }
}
