/** Pairs worth comparing: distinct rows that share a key, in blocks whose size is bounded by the file's own crowding. */
import { grown, type Table } from './table.ts'

export interface Candidates {
  /** Rows above `row` that share a block with it, each once. The array is reused: read it before the next call. */
  above(row: number): { readonly rows: Int32Array; readonly count: number }
}

/** What a file may cost: pairs a row. Below the floor there is no reason to spare. */
const PAIRS_PER_ROW = 120
const PAIRS_FLOOR = 2_000_000
const BLOCK_SIZES = [1000, 400, 200, 120, 80, 50, 30, 20, 12]
/** Rows of a block too large that stand so near each other in the order of their values are compared all the same. */
const WINDOW = 8
/** A block may be cut so many times. */
const CUTS_MAX = 2

const ROW_BITS = 2 ** 23

/** Some fifty members a row: as numbers of 32 bits, and in the same place where blocks are made again. */
interface Blocks {
  starts: Uint32Array<ArrayBuffer>
  /** How many blocks; `starts` holds one more. */
  count: number
  members: Int32Array<ArrayBuffer>
  size: number
}

/**
 * Writes the blocks of at most `sizeMax` rows; larger ones are cut by the refinements, and their rows compared with
 * neighbours. How many pairs that makes.
 */
const fillBlocks = (blocks: Blocks, table: Table, sorted: Float64Array, sizeMax: number): number => {
  blocks.count = 0
  blocks.size = 0
  let pairs = 0
  const emit = (rows: readonly number[]): void => {
    blocks.starts = grown(blocks.starts, blocks.count + 2)
    blocks.members = grown(blocks.members, blocks.size + rows.length)
    blocks.starts[blocks.count] = blocks.size
    blocks.count += 1
    blocks.members.set(rows, blocks.size)
    blocks.size += rows.length
    pairs += (rows.length * (rows.length - 1)) / 2
  }
  const cut = (rows: readonly number[], from: number, cuts: number): void => {
    for (let at = from; at < table.refined.length; at += 1) {
      const values = table.refined[at] as Uint32Array
      const parts = new Map<number, number[]>()
      for (const row of rows) {
        const value = values[row] as number
        if (value === 0) continue
        const part = parts.get(value)
        if (part) part.push(row)
        else parts.set(value, [row])
      }
      for (const part of parts.values()) {
        if (part.length < 2 || part.length === rows.length) continue
        if (part.length <= sizeMax) emit(part)
        else if (cuts < CUTS_MAX) cut(part, at + 1, cuts + 1)
      }
    }
  }
  let from = 0
  while (from < sorted.length) {
    const key = Math.floor((sorted[from] as number) / ROW_BITS)
    let to = from + 1
    while (to < sorted.length && Math.floor((sorted[to] as number) / ROW_BITS) === key) to += 1
    const size = to - from
    if (size > 1) {
      const rows = Array.from({ length: size }, (_, at) => (sorted[from + at] as number) % ROW_BITS)
      if (size <= sizeMax) emit(rows)
      else {
        cut(rows, 0, 1)
        for (let start = 0; start < size - 1; start += WINDOW / 2) emit(rows.slice(start, start + WINDOW))
      }
    }
    from = to
  }
  blocks.starts[blocks.count] = blocks.size
  return pairs
}

export const createCandidates = (table: Table): Candidates => {
  const { size, keys, keyStarts } = table
  // Of rows that hold the same one stands for all.
  let count = 0
  const all = new Float64Array(keys.length)
  for (const row of table.distinct)
    for (let at = keyStarts[row] as number; at < (keyStarts[row + 1] as number); at += 1) {
      all[count] = ((keys[at] as number) >>> 2) * ROW_BITS + row
      count += 1
    }
  const sorted = all.subarray(0, count)
  sorted.sort()
  const budget = Math.max(PAIRS_FLOOR, PAIRS_PER_ROW * size)
  const blocks: Blocks = { starts: new Uint32Array(1024), count: 0, members: new Int32Array(16_384), size: 0 }
  for (const sizeMax of BLOCK_SIZES) if (fillBlocks(blocks, table, sorted, sizeMax) <= budget) break
  const starts = blocks.starts.slice(0, blocks.count + 1)
  const members = blocks.members.slice(0, blocks.size)
  const blockCount = blocks.count
  // Turned round: the blocks of each row.
  const rowStarts = new Uint32Array(size + 1)
  for (const row of members) rowStarts[row + 1] = (rowStarts[row + 1] as number) + 1
  for (let row = 0; row < size; row += 1)
    rowStarts[row + 1] = (rowStarts[row + 1] as number) + (rowStarts[row] as number)
  const rowBlocks = new Uint32Array(members.length)
  const filled = rowStarts.slice()
  for (let block = 0; block < blockCount; block += 1)
    for (let at = starts[block] as number; at < (starts[block + 1] as number); at += 1) {
      const row = members[at] as number
      rowBlocks[filled[row] as number] = block
      filled[row] = (filled[row] as number) + 1
    }
  const seen = new Float64Array(size)
  let call = 0
  const rows = new Int32Array(size)
  return {
    above: (row) => {
      let count = 0
      call += 1
      for (let at = rowStarts[row] as number; at < (rowStarts[row + 1] as number); at += 1) {
        const block = rowBlocks[at] as number
        for (let m = starts[block] as number; m < (starts[block + 1] as number); m += 1) {
          const other = members[m] as number
          if (other <= row || seen[other] === call) continue
          seen[other] = call
          rows[count] = other
          count += 1
        }
      }
      return { rows, count }
    },
  }
}
