/** What is deduplicated: a file of persons, or the leads that were taken in. */
import { createHash } from 'node:crypto'
import { Fault } from '../../base/faults.ts'
import { createIntake } from '../../identity/intake.ts'
import { createTableBuilder, type Table } from '../../identity/table.ts'
import { digestOf } from '../import/checkpoint.ts'
import { encodingLine } from '../import/csv-file.ts'
import { type Clustered, type Counted, writeClusters, writeLeadClusters } from './cluster-file.ts'
import { nameKept } from './dedupe-progress.ts'
import { type PeopleFile, type PeopleOptions, ROWS_MAX, readPeople } from './people-file.ts'
import { countStored, type StoredLeadsAsked, storedLeads } from './stored-leads.ts'

export interface Listing {
  /** What the run is, once it was read: of the same name, one that was broken off goes on. */
  name(): string
  /** For people: what is matched by. */
  readonly said: string
  /** Of the progress of reading. */
  readonly total: number
  readonly from: number
  read(watch: {
    readonly isStopped: () => boolean
    readonly onProgress: (now: { readonly done: number; readonly rows: number }) => void
  }): Promise<Table>
  write(out: string, clustered: Clustered): Promise<Counted>
  /** Lines that could not be read. */
  unreadable(): readonly number[]
}

/** Another version finds other pairs: what it kept is of no use. */
const METHOD = 3

const nameOf = (parts: readonly unknown[]): string =>
  createHash('sha256')
    .update(JSON.stringify([METHOD, ...parts]))
    .digest('hex')

/** Null where it was stopped. */
export const fileListing = async (
  people: PeopleFile,
  options: PeopleOptions & { readonly isStopped: () => boolean },
): Promise<Listing | null> => {
  const digest = await digestOf(people.handle, options.isStopped)
  if (digest === null) return null
  const used = people.head.headers.flatMap((header, at) =>
    people.roles[at] === 'none' ? [] : [`${header} → ${people.roles[at]}`],
  )
  let lines: readonly number[] = []
  let unreadable: readonly number[] = []
  return {
    name: () => nameOf([digest, people.roles, options.country]),
    said: `${encodingLine(people.handle)}Matching by: ${used.join(', ')}`,
    total: people.bytes,
    from: people.head.offset,
    read: async ({ isStopped, onProgress }) => {
      const found = await readPeople(people, {
        ...options,
        isStopped,
        onProgress: ({ bytes, rows }) => onProgress({ done: bytes, rows }),
      })
      lines = found.lines
      unreadable = found.unreadable
      return found.table
    },
    write: (out, clustered) => writeClusters(people, out, lines, clustered),
    unreadable: () => unreadable,
  }
}

/**
 * The leads there are when a run begins: those that come in meanwhile are left to the next one, also where it is broken
 * off and goes on later. Where one of them was erased by then it begins anew: what it kept is told by their places.
 */
export const leadListing = async (
  options: Omit<StoredLeadsAsked, 'last'> & {
    readonly out: string
    readonly country: string
    readonly restart: boolean
  },
): Promise<Listing> => {
  const what = nameOf(['leads', options.tenantId, options.flow ?? null, options.country])
  const kept = options.restart ? null : nameKept(options.out)
  const before = kept?.startsWith(`${what} up to `) ? (kept.split(' ')[3] ?? null) : null
  const stored = await countStored({ ...options, last: before })
  if (stored === null)
    throw new Fault('invalid_request', {
      message: options.flow === undefined ? 'There are no leads yet.' : `There are no leads of flow "${options.flow}".`,
    })
  const last = before ?? stored.last
  const ids: string[] = []
  const which = createHash('sha256')
  return {
    name: () => `${what} up to ${last} of ${which.copy().digest('hex')}`,
    said: `Matching ${stored.count} leads by the fields of their flows`,
    total: Math.max(1, stored.count),
    from: 0,
    read: async ({ isStopped, onProgress }) => {
      const builder = createTableBuilder(createIntake(options.country).schema)
      for await (const leads of storedLeads({ ...options, last })) {
        if (isStopped()) break
        for (const { id, row } of leads) {
          if (ids.length >= ROWS_MAX)
            throw new Fault('invalid_request', {
              message: `There are more than ${ROWS_MAX} leads: take those of one flow at a time, with --flow`,
            })
          builder.add(row)
          ids.push(id)
          which.update(id)
        }
        onProgress({ done: Math.min(stored.count, ids.length), rows: ids.length })
      }
      return builder.build()
    },
    write: (out, clustered) => writeLeadClusters(out, ids, clustered),
    unreadable: () => [],
  }
}
