/** The results of a run for people, and the file they are kept in. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CASES, type CaseId } from './cases.ts'
import type { DeliveriesMeasured } from './deliveries.ts'
import type { GuardsMeasured } from './guards.ts'
import type { ListsMeasured } from './lists.ts'
import type { MachineFacts } from './machine.ts'
import type { Million } from './million.ts'
import type { Matching, PersonsMeasured } from './persons.ts'
import { cpuRatio, type Measured, rateRatio } from './rounds.ts'
import type { OutcomeCount, Storage } from './storage.ts'
import { count, decimal, formatTable } from './table.ts'
import { judge, type TargetResult } from './targets.ts'

export interface CaseResult {
  readonly id: CaseId
  readonly name: string
  readonly memoryBytes: number
  readonly loads: readonly Measured[]
  /** Null where it stores nothing, or nothing of ours. */
  readonly storage: Storage | null
  readonly outcomes: readonly OutcomeCount[] | null
}

export interface Results {
  readonly at: string
  readonly machine: MachineFacts
  readonly quick: boolean
  readonly rounds: number
  readonly roundSeconds: number
  readonly bodyBytes: number
  readonly cases: readonly CaseResult[]
  readonly million: Million | null
  readonly persons: PersonsMeasured | null
  readonly lists: ListsMeasured | null
  readonly deliveries: DeliveriesMeasured | null
  readonly guards: GuardsMeasured | null
  readonly targets: readonly TargetResult[]
}

const FOLDER = fileURLToPath(new URL('./results/', import.meta.url))

export const judgeCases = (
  cases: readonly CaseResult[],
  million: Million | null,
  persons: PersonsMeasured | null,
  deliveries: DeliveriesMeasured | null,
  lists: ListsMeasured | null,
  guards: GuardsMeasured | null,
): TargetResult[] => {
  const find = (id: CaseId): CaseResult | undefined => cases.find((result) => result.id === id)
  const at = (id: CaseId, connections: number): Measured | undefined =>
    find(id)?.loads.find((load) => load.connections === connections)
  const ratioOf = (id: CaseId, base: CaseId, connections: number): number | undefined => {
    const [part, whole] = [at(id, connections), at(base, connections)]
    return part && whole && rateRatio(part, whole)
  }
  return judge({
    rateRatio: (id, connections) => ratioOf(id, 'b', connections),
    p50Ms: (id, connections) => at(id, connections)?.p50Ms,
    p99Ms: (id, connections) => at(id, connections)?.p99Ms,
    memoryBytes: (id) => find(id)?.memoryBytes,
    bytesPerLead: (id) => find(id)?.storage?.bytesPerLead,
    decisionsRatio: ratioOf('e', 'c', 64),
    millionRatio: million?.ratio,
    dueP99Ms: deliveries?.due.p99Ms,
    deliveriesPerSecond: deliveries?.burst.perSecond,
    waitingRatio: deliveries?.waiting.ratio,
    matchWholeRatio: persons?.whole.ratio,
    matchRatio: persons?.at.find(({ connections }) => connections === 64)?.ratio,
    matchAddedMs: persons?.at.find(({ connections }) => connections === 1)?.addedP99Ms,
    listAddedMs: lists?.addedP99Ms,
    guardsPercent: guards?.total,
  })
}

const loadRows = (name: string, loads: readonly Measured[], base: (connections: number) => Measured | undefined) =>
  loads.map((load) => {
    const whole = base(load.connections)
    return [
      name,
      String(load.connections),
      count(load.perSecond),
      whole === undefined ? '' : `${Math.round(rateRatio(load, whole) * 100)}%`,
      whole === undefined ? '' : `${Math.round(cpuRatio(load, whole) * 100)}%`,
      decimal(load.p50Ms),
      decimal(load.p95Ms),
      decimal(load.p99Ms),
      decimal(load.serverCpuS),
      decimal(load.postgresCpuS),
      decimal(load.otherCores),
    ]
  })

/** Tables below it are told together. */
const TABLE_BYTES_MIN = 10

const storageText = ({ id, storage }: CaseResult): string[] => {
  if (storage === null) return []
  const large = storage.tables.filter(({ total }) => total >= TABLE_BYTES_MIN)
  const rest = storage.bytesPerLead - large.reduce((sum, { total }) => sum + total, 0)
  const rows = large.map(({ table, heap, indexes, toast, total }) => [
    table,
    ...[heap, indexes, toast, total].map((bytes) => bytes.toFixed(0)),
  ])
  rows.push(['all others', '', '', '', rest.toFixed(0)])
  return [
    `Bytes a lead in (${id}), of ${count(storage.leads)} leads: ${count(storage.bytesPerLead)}`,
    formatTable(['table', 'rows', 'indexes', 'TOAST', 'all'], rows),
    '',
  ]
}

const REACHED = new Map<boolean | null, string>([
  [true, 'reached'],
  [false, 'NOT reached'],
  [null, 'not measured'],
])

const listsText = (lists: ListsMeasured | null): string[] => {
  if (lists === null) return []
  const { entries, leads, without, listed, addedP50Ms, addedP99Ms } = lists
  const ms = (value: number): string => value.toFixed(2)
  return [
    `Looked up among ${count(entries)} list entries, 1 connection, ${count(leads)} leads by turns with as many that are not:`,
    formatTable(
      ['', 'p50 ms', 'p99 ms'],
      [
        ['without', ms(without.p50Ms), ms(without.p99Ms)],
        ['looked up', ms(listed.p50Ms), ms(listed.p99Ms)],
        ['added', ms(addedP50Ms), ms(addedP99Ms)],
      ],
    ),
    '',
  ]
}

export const formatResults = (results: Results): string => {
  const { cases, million, targets, machine } = results
  const base = (connections: number): Measured | undefined =>
    cases.find(({ id }) => id === 'b')?.loads.find((load) => load.connections === connections)
  const header = [
    '',
    'connections',
    'leads/s',
    'of (b)',
    'by CPU',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'CPU s',
    'Postgres CPU s',
    'other cores',
  ]
  const rows = cases.flatMap(({ id, name, loads }) => loadRows(`(${id}) ${name}`, loads, base))
  if (million) {
    rows.push(
      ...loadRows('(c) Millrace, empty, in turns with', [million.empty], () => undefined),
      ...loadRows(`(c) Millrace, ${count(million.leads)} stored`, [million.full], () => undefined),
    )
  }
  const { persons, deliveries } = results
  if (deliveries) {
    const { empty, full, retries } = deliveries.waiting
    rows.push(
      ...loadRows('(c) Millrace, no retries waiting', [empty], () => undefined),
      ...loadRows(`(c) Millrace, ${count(retries)} waiting`, [full], () => undefined),
    )
  }
  if (persons) {
    const stored = `${count(persons.persons)} persons stored`
    for (const { without, matched } of persons.at)
      rows.push(
        ...loadRows(`(c) Millrace, ${stored}`, [without], () => undefined),
        ...loadRows('(c) the same, matching them', [matched], () => without),
      )
    rows.push(
      ...loadRows(`(d) Millrace, ${stored}`, [persons.whole.without], () => undefined),
      ...loadRows('(d) the same, matching them', [persons.whole.matched], () => persons.whole.without),
    )
  }
  const { guards } = results
  const shares =
    guards === null
      ? []
      : [
          `Of the server's CPU in (c), under the profiler, %: ${Object.entries(guards.shares)
            .map(([name, share]) => `${name} ${share.toFixed(1)}`)
            .join('  ')}  together ${guards.total.toFixed(1)}`,
        ]
  const matching = (persons ? [...persons.at, { ...persons.whole, of: ', with the delivery' }] : []).map(
    ({ connections, ratio, cpuRatio, addedP99Ms, of = '' }: Matching & { readonly of?: string }) =>
      `Matching${of}, ${connections} connection${connections === 1 ? '' : 's'}: ${(ratio * 100).toFixed(1)} % of the rate (by CPU ${(cpuRatio * 100).toFixed(1)} %), p99 ${addedP99Ms < 0 ? '' : '+'}${addedP99Ms.toFixed(2)} ms`,
  )
  const memory = cases.map(({ id, memoryBytes }) => `(${id}) ${Math.round(memoryBytes / 1e6)}`).join('  ')
  const targetRows = targets.map(({ target, wanted, found, unit, reached }) => [
    target,
    `${wanted} ${unit}`,
    found === null ? '' : `${unit === 'bytes' ? count(found) : found.toFixed(1)}`,
    REACHED.get(reached) ?? '',
  ])
  return [
    `${machine.cpus} × ${machine.cpuModel}, Node ${machine.node}, Postgres ${machine.postgres} with fsync on, ` +
      `commit ${machine.commit}; medians of ${results.rounds} rounds of ${results.roundSeconds} s, taken in turns, and of the rounds' own ratios; ` +
      `CPU seconds are for 1,000 leads; other cores: busy with neither the server, Postgres nor the load.`,
    '',
    formatTable(header, rows),
    '',
    ...(matching.length === 0 ? [] : [...matching, '']),
    `Peak memory of the server, MB: ${memory}`,
    ...shares,
    '',
    ...cases.flatMap(storageText),
    ...listsText(results.lists),
    formatTable(['target', 'wanted', 'found', ''], targetRows),
  ].join('\n')
}

/** Gives the file's path. */
export const writeResults = (results: Results): string => {
  mkdirSync(FOLDER, { recursive: true })
  const time = results.at.slice(0, 16).replace(':', '')
  const file = `${FOLDER}${time}-${results.machine.commit}${results.quick ? '-quick' : ''}.json`
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  return file
}

export const nameOf = (id: CaseId): string => CASES[id]
