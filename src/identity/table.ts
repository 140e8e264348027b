/** The rows of a file as numbers: each distinct value once, each row a list of value numbers and hashed keys. */
import { blockingKeys, refinements } from './blocking.ts'
import type { Keyed, Person, Schema } from './schema.ts'

/** Rows are numbered in the order of what they hold, so that the order they came in changes nothing. */
export interface Table {
  readonly size: number
  readonly schema: Schema
  /** Per group, per row: the number of its value; -1 where missing. */
  readonly ids: readonly Int32Array[]
  /** Per group: the distinct values. */
  readonly values: readonly (readonly Keyed[])[]
  /** Per group and feature, per value number: the share of distinct rows with the same term among those that have one. */
  readonly shares: readonly (readonly Float32Array[])[]
  /** Per group and feature: the chance that two random distinct rows with a term have the same. */
  readonly agreement: readonly (readonly number[])[]
  /** Hashed keys: those of row r stand from `keyStarts[r]` on. */
  readonly keys: Uint32Array
  readonly keyStarts: Uint32Array
  /** Per refinement, per row: hashed, 0 where not known. */
  readonly refined: readonly Uint32Array[]
  /** Row number → place in the file, from 0. */
  readonly places: Int32Array
  /** The first row of each run of rows that hold the same. What is common is told by these: copies would shout. */
  readonly distinct: Int32Array
}

/** A value held by one row counts as if it were held by two: a typing error is rare without being a name. */
const ROWS_MIN = 2

export const shareMinOf = (table: Table): number => ROWS_MIN / Math.max(1, table.distinct.length)

/** How common a feature's value is, of the commoner of two rows, and how often any two rows agree on it. */
export const rarityIn = (
  table: Table,
  pair: { readonly a: number; readonly b: number },
): ((group: number, feature: number) => { readonly share: number; readonly agreement: number }) => {
  const least = shareMinOf(table)
  return (group, feature) => {
    const ids = table.ids[group] as Int32Array
    const shares = table.shares[group]?.[feature] as Float32Array
    const share = Math.max(shares[ids[pair.a] as number] as number, shares[ids[pair.b] as number] as number, least)
    return { share, agreement: Math.max(table.agreement[group]?.[feature] as number, least / 2) }
  }
}

/** FNV-1a over UTF-16 units, 32 bits, mixed once more: even in its high bits. */
export const hash32 = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  hash ^= hash >>> 12
  return hash >>> 0
}

interface Column {
  readonly numbers: Map<string, number>
  readonly values: Keyed[]
  ids: Int32Array
}

/** The array, or a larger one that begins as it does. */
export const grown = <A extends Int32Array | Uint32Array>(array: A, size: number): A => {
  if (array.length >= size) return array
  const larger = new (array.constructor as new (length: number) => A)(Math.max(size, array.length * 2))
  larger.set(array)
  return larger
}

export interface TableBuilder {
  /** `row`: a text for each column, in the order of the schema's roles. */
  add(row: readonly string[]): void
  build(): Table
}

const REFINEMENTS = 8

export const createTableBuilder = (schema: Schema): TableBuilder => {
  const columns: Column[] = schema.groups.map(() => ({ numbers: new Map(), values: [], ids: new Int32Array(1024) }))
  let keys = new Uint32Array(16_384)
  let keyStarts = new Uint32Array(1024)
  const refined = Array.from({ length: REFINEMENTS }, () => new Uint32Array(1024))
  let size = 0
  let keyCount = 0

  const numberOf = (column: Column, value: Keyed | null | undefined): number => {
    if (!value) return -1
    const known = column.numbers.get(value.key)
    if (known !== undefined) return known
    const number = column.values.length
    column.numbers.set(value.key, number)
    column.values.push(value)
    return number
  }

  const add = (row: readonly string[]): void => {
    const person: Person = schema.read(row)
    for (const [at, column] of columns.entries()) {
      column.ids = grown(column.ids, size + 1)
      column.ids[size] = numberOf(column, person.values[at])
    }
    const own = blockingKeys(person)
    keys = grown(keys, keyCount + own.length)
    keyStarts = grown(keyStarts, size + 2)
    keyStarts[size] = keyCount
    for (const key of own) {
      keys[keyCount] = hash32(key)
      keyCount += 1
    }
    for (const [at, text] of refinements(person).entries()) {
      const array = grown(refined[at] as Uint32Array, size + 1)
      refined[at] = array as Uint32Array<ArrayBuffer>
      array[size] = text === '' ? 0 : hash32(text) | 1
    }
    size += 1
  }

  const build = (): Table => {
    keyStarts[size] = keyCount
    // Values are ranked by their text, and rows by the ranks of their values: an order made of content alone.
    const ranks = columns.map(({ values }) => {
      const sorted = values.map((_, at) => at).sort((a, b) => compareText(values[a] as Keyed, values[b] as Keyed))
      const rank = new Int32Array(values.length)
      for (const [at, number] of sorted.entries()) rank[number] = at
      return rank
    })
    const rankOf = (group: number, row: number): number => {
      const id = (columns[group] as Column).ids[row] as number
      return id < 0 ? -1 : ((ranks[group] as Int32Array)[id] as number)
    }
    const places = Int32Array.from({ length: size }, (_, row) => row).sort((a, b) => {
      for (let group = 0; group < columns.length; group += 1) {
        const difference = rankOf(group, a) - rankOf(group, b)
        if (difference !== 0) return difference
      }
      return a - b
    })
    const starts = new Uint32Array(size + 1)
    const orderedKeys = new Uint32Array(keyCount)
    let filled = 0
    for (let row = 0; row < size; row += 1) {
      const place = places[row] as number
      starts[row] = filled
      for (let at = keyStarts[place] as number; at < (keyStarts[place + 1] as number); at += 1) {
        orderedKeys[filled] = keys[at] as number
        filled += 1
      }
    }
    starts[size] = filled
    const ids = columns.map((column) =>
      Int32Array.from({ length: size }, (_, row) => column.ids[places[row] as number] as number),
    )
    const distinct = Int32Array.from(
      Array.from({ length: size }, (_, row) => row).filter(
        (row) => row === 0 || ids.some((own) => own[row] !== own[row - 1]),
      ),
    )
    const { shares, agreement } = termShares(schema, columns, ids, distinct)
    return {
      size,
      schema,
      ids,
      values: columns.map(({ values }) => values),
      shares,
      agreement,
      keys: orderedKeys,
      keyStarts: starts,
      refined: refined.map((array) =>
        Uint32Array.from({ length: size }, (_, row) => array[places[row] as number] as number),
      ),
      places,
      distinct,
    }
  }
  return { add, build }
}

const compareText = (a: Keyed, b: Keyed): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

const termShares = (
  schema: Schema,
  columns: readonly Column[],
  ids: readonly Int32Array[],
  distinct: Int32Array,
): { shares: Float32Array[][]; agreement: number[][] } => {
  const shares: Float32Array[][] = []
  const agreement: number[][] = []
  for (const [at, group] of schema.groups.entries()) {
    const { values } = columns[at] as Column
    const rows = new Float64Array(values.length)
    for (const row of distinct) {
      const id = (ids[at] as Int32Array)[row] as number
      if (id >= 0) rows[id] = (rows[id] as number) + 1
    }
    const terms = values.map((value) => group.terms(value))
    const groupShares: Float32Array[] = []
    const groupAgreement: number[] = []
    for (const feature of group.features.keys()) {
      const counts = new Map<string, number>()
      let total = 0
      for (const [id, own] of terms.entries()) {
        const term = own[feature]
        if (term === null || term === undefined) continue
        counts.set(term, (counts.get(term) ?? 0) + (rows[id] as number))
        total += rows[id] as number
      }
      const share = new Float32Array(values.length)
      for (const [id, own] of terms.entries()) {
        const term = own[feature]
        if (term !== null && term !== undefined) share[id] = (counts.get(term) ?? 0) / total
      }
      let same = 0
      for (const count of counts.values()) same += (count / total) * ((count - 1) / Math.max(1, total - 1))
      groupShares.push(share)
      groupAgreement.push(same)
    }
    shares.push(groupShares)
    agreement.push(groupAgreement)
  }
  return { shares, agreement }
}
