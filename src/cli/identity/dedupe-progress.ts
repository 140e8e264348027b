/** How far a deduplication has come, beside its output: what was learned, and the likely pairs found so far. */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { Fault } from '../../base/faults.ts'
import { type Edges, joinEdges } from '../../identity/edges.ts'
import type { LearningState } from '../../identity/learning.ts'

interface Stored {
  readonly version: 1
  /** What the run is: the file's content, and what its columns mean. */
  readonly name: string
  /** A model as JSON; empty while it is learned. */
  readonly model: string
  /** The row to go on with. */
  readonly next: number
  /** Pairs written for the rows before it. */
  readonly pairs: number
  /** While the model is learned. */
  readonly learning?: LearningState
}

export interface Kept {
  readonly model: string
  readonly next: number
  /** Null: the model is learned. */
  readonly learning: LearningState | null
}

export interface DedupeProgress {
  /** Null where no run of this name was broken off. */
  read(): Kept | null
  /** Keeps how far learning has come. */
  learn(state: LearningState): void
  begin(model: string): void
  /** Keeps the pairs of the rows before `next`. */
  add(edges: Edges, next: number): void
  /** All pairs kept. */
  edges(): Edges
  /** Nothing is left to go on with. */
  remove(): void
  close(): void
}

const PAIR_BYTES = 12

const encoded = ({ count, a, b, odds }: Edges): Buffer => {
  const bytes = Buffer.alloc(count * PAIR_BYTES)
  for (let at = 0; at < count; at += 1) {
    bytes.writeInt32LE(a[at] as number, at * PAIR_BYTES)
    bytes.writeInt32LE(b[at] as number, at * PAIR_BYTES + 4)
    bytes.writeFloatLE(odds[at] as number, at * PAIR_BYTES + 8)
  }
  return bytes
}

const decoded = (bytes: Buffer): Edges => {
  const count = Math.floor(bytes.length / PAIR_BYTES)
  const edges = { count, a: new Int32Array(count), b: new Int32Array(count), odds: new Float32Array(count) }
  for (let at = 0; at < count; at += 1) {
    edges.a[at] = bytes.readInt32LE(at * PAIR_BYTES)
    edges.b[at] = bytes.readInt32LE(at * PAIR_BYTES + 4)
    edges.odds[at] = bytes.readFloatLE(at * PAIR_BYTES + 8)
  }
  return edges
}

const readStored = (file: string): Stored | null => {
  try {
    const stored = JSON.parse(readFileSync(file, 'utf8')) as Stored
    return stored.version === 1 && typeof stored.name === 'string' ? stored : null
  } catch {
    return null
  }
}

/** The name of the run that was broken off beside this output; null where there is none. */
export const nameKept = (out: string): string | null => readStored(`${out}.progress`)?.name ?? null

/** `<out>.progress` and `<out>.pairs`: numbers of rows and weights, no value of any row; for their owner's eyes only. */
export const dedupeProgress = (out: string, name: string): DedupeProgress => {
  const file = `${out}.progress`
  const pairsFile = `${out}.pairs`
  let handle: number | null = null
  let model = ''
  let pairs = 0
  const save = (next: number, learning?: LearningState): void => {
    const stored: Stored = { version: 1, name, model, next, pairs, ...(learning && { learning }) }
    writeFileSync(`${file}.new`, JSON.stringify(stored), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  const open = (flags: 'w+' | 'r+'): number => {
    try {
      return openSync(pairsFile, flags, 0o600)
    } catch (cause) {
      throw new Fault('invalid_request', { message: `${pairsFile} cannot be written: give another --out`, cause })
    }
  }
  return {
    read: () => {
      const stored = readStored(file)
      if (stored?.name !== name) return null
      if (stored.learning) return { model: '', next: 0, learning: stored.learning }
      if (!existsSync(pairsFile)) return null
      model = stored.model
      pairs = stored.pairs
      handle = open('r+')
      // Pairs written after the last save would stand twice.
      ftruncateSync(handle, pairs * PAIR_BYTES)
      return { model, next: stored.next, learning: null }
    },
    learn: (state) => save(0, state),
    begin: (learned) => {
      model = learned
      pairs = 0
      if (handle !== null) closeSync(handle)
      handle = open('w+')
      save(0)
    },
    add: (edges, next) => {
      const bytes = encoded(edges)
      for (let at = 0; at < bytes.length; )
        at += writeSync(handle as number, bytes, at, bytes.length - at, pairs * PAIR_BYTES + at)
      pairs += edges.count
      save(next)
    },
    edges: () => (handle === null ? joinEdges([]) : decoded(readFileSync(handle))),
    remove: () => {
      for (const each of [file, pairsFile]) rmSync(each, { force: true })
    },
    close: () => {
      if (handle !== null) closeSync(handle)
      handle = null
    },
  }
}
