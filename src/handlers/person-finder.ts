/** Who is found for a lead, and by which keys. */
import { keyedHash8 } from '../base/seal.ts'
import type { Soon } from '../base/soon.ts'
import type { Database } from '../database/pool.ts'
import { intakeKeys, narrowerKey, type PersonRecord, rowOf } from '../identity/intake.ts'
import type { Person } from '../identity/schema.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import type { RequestInput } from '../kit/requests.ts'
import type { LookUp } from './look-up.ts'
import type { Models } from './models.ts'
import { createFindRecords, PERSONS_PER_KEY_MAX, type Places, personsAt, type StoredRecord } from './person-look-up.ts'

type MatchInput = RequestInput<'identity.match'>

/** A key that a lead is found by. */
export interface Key {
  readonly text: string
  /** Keyed hash: under the tenant's own key, so it is nobody else's. */
  readonly hash: bigint
  /** Its name among the holds: the hash's lowest bits. */
  readonly name: number
}

/**
 * A lead's record, and the keys it is found by. It is read again where it is compared: most find nobody, and what was read
 * would only be carried along while they are looked up and written.
 */
export interface Prepared {
  readonly input: MatchInput
  readonly row: readonly string[]
  readonly keys: readonly Key[]
}

/** What stood under a lead's keys, and when it was looked for. */
export interface PlacesThen {
  readonly places: Places
  readonly turn: number
}

/** Who was found for a lead, by which keys. */
export interface Found {
  /** Those of the lead, and narrower ones in place of the crowded. */
  readonly keys: readonly Key[]
  readonly names: readonly number[]
  /** Of each key. */
  readonly places: Places
  readonly records: readonly StoredRecord[]
  readonly turn: number
}

export interface PersonFinder {
  prepare(keys: TenantKeys, test: boolean, input: MatchInput): Prepared
  find(keys: TenantKeys, test: boolean, prepared: Prepared): Promise<Found>
  /** Who stands at these places. Most leads find nobody, and go on at once. */
  whoIsAt(keys: TenantKeys, test: boolean, prepared: Prepared, then: PlacesThen): Soon<Found>
}

/** A small whole number to the engine. */
const NAME_BITS = 30

const keyOf = (keys: TenantKeys, test: boolean, text: string): Key => {
  const hash = keyedHash8(keys.lookup, `${test ? 'test:' : ''}match|${text}`)
  return { text, hash, name: Number(BigInt.asUintN(NAME_BITS, hash)) }
}

export const namesOf = (keys: readonly Key[]): number[] => keys.map(({ name }) => name)

/** Every key that a person may have been found by. */
export const allKeys = (person: Person): string[] =>
  intakeKeys(person).flatMap((text) => {
    const narrower = narrowerKey(person, text)
    return narrower === null ? [text] : [text, narrower]
  })

const ROWS_MAX = 500

export const createPersonFinder = (options: {
  readonly database: Database
  readonly models: Models
  readonly lookUp: LookUp
  /** Read before anything is looked up. */
  readonly turn: () => number
}): PersonFinder => {
  const { database, models, lookUp, turn } = options
  const findRecords = createFindRecords({ database, rowsMax: ROWS_MAX })

  const prepare: PersonFinder['prepare'] = (keys, test, input) => {
    const row = rowOf(input.record as PersonRecord)
    const person = models.intake(input.country).read(row)
    return { input, row, keys: intakeKeys(person).map((text) => keyOf(keys, test, text)) }
  }

  const placesOf = async (tenantId: string, keys: readonly Key[]): Promise<Places> =>
    (await lookUp({ tenantId, claims: [], suppressions: [], persons: keys.map(({ hash }) => hash) })).persons

  /** Narrower keys in place of those that are crowded, or will be by this lead. */
  const narrowed = (keys: TenantKeys, test: boolean, prepared: Prepared, places: Places): Key[] => {
    const crowded = prepared.keys.filter((_, at) => (places[at]?.last ?? 0) >= PERSONS_PER_KEY_MAX)
    if (crowded.length === 0) return []
    const person = models.intake(prepared.input.country).read(prepared.row)
    return crowded.flatMap(({ text }) => {
      const narrower = narrowerKey(person, text)
      return narrower === null ? [] : [keyOf(keys, test, narrower)]
    })
  }

  const recordsAt = async (tenantId: string, found: Omit<Found, 'records'>): Promise<Found> => {
    const persons = personsAt(found.places)
    return { ...found, records: persons.length === 0 ? [] : await findRecords({ tenantId, persons }) }
  }

  const whoIsAt: PersonFinder['whoIsAt'] = (keys, test, prepared, then) => {
    const { places } = then
    const own = { ...then, keys: prepared.keys, names: namesOf(prepared.keys) }
    if (places.every(({ last }) => last === 0)) return { ...own, records: [] }
    const narrower = narrowed(keys, test, prepared, places)
    if (narrower.length === 0) return recordsAt(keys.tenantId, own)
    const all = [...prepared.keys, ...narrower]
    return placesOf(keys.tenantId, narrower).then((more) =>
      recordsAt(keys.tenantId, { ...then, keys: all, names: namesOf(all), places: [...places, ...more] }),
    )
  }

  const find: PersonFinder['find'] = async (keys, test, prepared) => {
    const then = turn()
    return whoIsAt(keys, test, prepared, { places: await placesOf(keys.tenantId, prepared.keys), turn: then })
  }

  return { prepare, find, whoIsAt }
}
