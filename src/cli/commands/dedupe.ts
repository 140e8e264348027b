/** `millrace dedupe`: who stands in a list more than once. */
import { existsSync, realpathSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { Fault } from '../../base/faults.ts'
import type { House } from '../../house.ts'
import type { Edges } from '../../identity/edges.ts'
import type { Model } from '../../identity/em.ts'
import { learnModel } from '../../identity/learning.ts'
import { clusterTable, createLinkage, edgesFrom, judgeBetween, type Linkage } from '../../identity/link.ts'
import { modelFromJson, modelToJson } from '../../identity/model-json.ts'
import type { Table } from '../../identity/table.ts'
import type { Registries } from '../../kit/flow.ts'
import { type DedupeProgress, dedupeProgress } from '../identity/dedupe-progress.ts'
import { fileListing, type Listing, leadListing } from '../identity/listing.ts'
import { takeOutput } from '../identity/output.ts'
import { openPeople } from '../identity/people-file.ts'
import { createProgress } from '../import/progress.ts'
import { tenantOf } from './flow-publish.ts'

export interface DedupeOptions {
  /** A CSV file; undefined: the leads that were taken in. */
  readonly file: string | undefined
  /** What it is written in; undefined: it is found out. */
  readonly encoding?: string | undefined
  /** Where the rows go, with their persons. */
  readonly out: string
  /** `header=field`, each. */
  readonly maps: readonly string[]
  readonly drop: readonly string[]
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** Of the leads: whose, and of which flow. */
  readonly tenant: string | undefined
  readonly flow: string | undefined
  /** Begin anew, whatever an earlier run left. */
  readonly restart: boolean
  readonly json: boolean
  /** Milliseconds since 1970. */
  readonly now: number
  /** Resolves when somebody wants it to stop. */
  readonly ended: Promise<unknown>
  readonly registries: Registries
  readonly openHouse: () => Promise<House>
  readonly output: { write(text: string): unknown }
  readonly progress: NodeJS.WriteStream
}

const EXIT_INTERRUPTED = 130
interface Run {
  readonly options: DedupeOptions
  readonly listing: Listing
  readonly stop: AbortController
}

const wrong = (message: string): Fault => new Fault('invalid_request', { message })

const barFor = (run: Run, total: number, from: number) =>
  createProgress({
    output: run.options.progress,
    silent: run.options.json,
    total: Math.max(1, total),
    from: { done: from, rows: from },
  })

const readAll = async (run: Run): Promise<Table> => {
  const { listing, options } = run
  const from = { done: listing.from, rows: 0 }
  const bar = createProgress({ output: options.progress, silent: options.json, total: listing.total, from })
  try {
    return await listing.read({ isStopped: () => run.stop.signal.aborted, onProgress: bar.update })
  } finally {
    bar.end()
  }
}

/** The weights: those of a run broken off, else learned now, from where one was broken off. Null where stopped before. */
const modelFor = async (
  run: Run,
  linkage: Linkage,
  kept: DedupeProgress,
): Promise<{ readonly model: Model; readonly from: number } | null> => {
  const { table, comparer, candidates } = linkage
  const { schema } = table
  const before = run.options.restart ? null : kept.read()
  const known = before?.model ? modelFromJson(schema, before.model) : null
  if (before && known) return { model: known, from: before.next }
  const from = before?.learning ?? null
  if (from && !run.options.json) run.options.progress.write(`Going on learning after ${from.row} rows.\n`)
  const bar = barFor(run, table.size, from?.row ?? 0)
  try {
    const learning = learnModel(table, comparer, candidates, [], from)
    for (;;) {
      const step = learning.next()
      if (step.done) {
        kept.begin(modelToJson(schema, step.value.model))
        return { model: step.value.model, from: 0 }
      }
      kept.learn(step.value.state())
      bar.update({ done: step.value.done, rows: step.value.done })
      await turn()
      if (run.stop.signal.aborted) return null
    }
  } finally {
    bar.end()
  }
}

/** Finds the pairs of all rows, kept chunk by chunk. Null where stopped before. */
const pairsOf = async (
  run: Run,
  linkage: Linkage,
  kept: DedupeProgress,
  begun: { readonly model: Model; readonly from: number },
): Promise<Edges | null> => {
  const bar = barFor(run, linkage.table.size, begun.from)
  try {
    for (const { next, edges } of edgesFrom(linkage, begun.model, begun.from)) {
      kept.add(edges, next)
      bar.update({ done: next, rows: next })
      await turn()
      if (run.stop.signal.aborted) return null
    }
    return kept.edges()
  } finally {
    bar.end()
  }
}

/** Per row of the file: the row of the same cluster with the highest odds; -1 without one. */
const likestOf = (linkage: Linkage, edges: Edges, clusters: Int32Array): Int32Array => {
  const { places, size } = linkage.table
  const likest = new Int32Array(size).fill(-1)
  const best = new Float32Array(size).fill(Number.NEGATIVE_INFINITY)
  for (let at = 0; at < edges.count; at += 1) {
    const a = places[edges.a[at] as number] as number
    const b = places[edges.b[at] as number] as number
    if (clusters[a] !== clusters[b]) continue
    for (const [row, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if ((edges.odds[at] as number) <= (best[row] as number)) continue
      best[row] = edges.odds[at] as number
      likest[row] = other
    }
  }
  // A copy is likest to the row it is a copy of, and nothing is likelier.
  const starts = new Set(linkage.table.distinct)
  let first = 0
  for (let row = 0; row < size; row += 1) {
    if (starts.has(row)) first = row
    const [original, copy] = [places[first] as number, places[row] as number]
    if (original === copy || clusters[original] !== clusters[copy]) continue
    likest[copy] = original
    if ((likest[original] as number) < 0) likest[original] = copy
  }
  return likest
}

const deduped = async (run: Run): Promise<number> => {
  const { options, listing, stop } = run
  const startedAt = performance.now()
  const tell = (text: string): void => {
    if (!options.json) options.progress.write(text)
  }
  tell(`${listing.said}\n`)
  const stopped = (): number => {
    tell('Stopped. Run the same command again to go on.\n')
    return EXIT_INTERRUPTED
  }
  const table = await readAll(run)
  if (stop.signal.aborted) return stopped()
  const linkage = createLinkage(table)
  const kept = dedupeProgress(options.out, listing.name())
  try {
    const begun = await modelFor(run, linkage, kept)
    if (!begun) return stopped()
    if (begun.from > 0) tell(`Going on after ${begun.from} rows.\n`)
    const edges = await pairsOf(run, linkage, kept, begun)
    if (!edges) return stopped()
    const { clusters } = clusterTable(linkage, begun.model, edges)
    const rows = new Int32Array(table.size)
    for (const [row, place] of table.places.entries()) rows[place] = row
    const judge = judgeBetween(linkage, begun.model)
    const counted = await listing.write(options.out, {
      clusters,
      likest: likestOf(linkage, edges, clusters),
      judge: (a, b) => judge(rows[a] as number, rows[b] as number),
    })
    kept.remove()
    const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(3))
    const unreadable = listing.unreadable()
    const figures = { ...counted, unreadable: unreadable.length, seconds, out: options.out }
    options.output.write(
      options.json
        ? `${JSON.stringify(figures)}\n`
        : `${figures.rows} rows are ${figures.persons} persons; ${figures.repeated} of them stand there more than once. Written to ${options.out} in ${seconds} s.\n`,
    )
    if (unreadable.length > 0)
      tell(
        `Left out, for they cannot be read: ${unreadable.length} of the rows, at line ${unreadable.slice(0, 10).join(', ')}${unreadable.length > 10 ? ', …' : ''}\n`,
      )
    return 0
  } finally {
    kept.close()
  }
}

const dedupe = async (run: Run): Promise<number> => {
  const lock = await takeOutput(run.options.out)
  try {
    return await deduped(run)
  } finally {
    lock.release()
  }
}

const dedupeFile = async (options: DedupeOptions, file: string, stop: AbortController): Promise<number> => {
  const people = await openPeople({ ...options, file })
  try {
    if (existsSync(options.out) && realpathSync(options.out) === realpathSync(file))
      throw wrong(`--out ${options.out}: this is the file to read`)
    const listing = await fileListing(people, { ...options, file, isStopped: () => stop.signal.aborted })
    return listing === null ? EXIT_INTERRUPTED : await dedupe({ options, listing, stop })
  } finally {
    await people.handle.close()
  }
}

const dedupeLeads = async (options: DedupeOptions, stop: AbortController): Promise<number> => {
  if (options.maps.length > 0 || options.drop.length > 0)
    throw wrong('--map and --drop are for files: of leads, the fields of their flows say what they hold')
  const house = await options.openHouse()
  try {
    const tenantId = await tenantOf(house, options.tenant)
    const { database, keyring } = house
    const listing = await leadListing({ ...options, database, keyring, tenantId })
    return await dedupe({ options, listing, stop })
  } finally {
    await house.close(0)
  }
}

/**
 * Clusters the rows of a file, or the leads taken in, and writes them with their persons. Exit code 0, 130 where it was
 * stopped: the same command then goes on. Throws Fault `invalid_request` where a flag or the file is wrong.
 */
export const runDedupe = async (options: DedupeOptions): Promise<number> => {
  const stop = new AbortController()
  void options.ended.then(() => stop.abort())
  return options.file === undefined ? dedupeLeads(options, stop) : dedupeFile(options, options.file, stop)
}
