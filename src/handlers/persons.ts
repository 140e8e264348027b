import type { KeyObject } from 'node:crypto'
import { newId } from '../base/ids.ts'
import { keyedHash8, keyedHash16, open, seal } from '../base/seal.ts'
import { after, type Soon } from '../base/soon.ts'
import type { Database } from '../database/pool.ts'
import { createJudge, type Judge } from '../identity/explain.ts'
import type { Keyring, TenantKeys } from '../journal/keyring.ts'
import type { AccountWrite } from '../journal/person-accounts.ts'
import type { PersonKey, PersonWrites, RecordWrite } from '../journal/person-writes.ts'
import type { MatchAnswer, MatchReasons, RequestAnswer, RequestInput } from '../kit/requests.ts'
import type { Ahead } from './ahead.ts'
import type { Holder } from './holder.ts'
import { createHolds } from './holds.ts'
import type { LookUp } from './look-up.ts'
import type { Models, Weights } from './models.ts'
import { allKeys, createPersonFinder, type Found, namesOf, type Prepared } from './person-finder.ts'
import { placeAt, RECORDS_PER_PERSON_MAX, type StoredRecord, tenantPlaces } from './person-look-up.ts'
import { areApart, rootsOf } from './person-roots.ts'

type MatchInput = RequestInput<'identity.match'>

export interface MatchingLead {
  readonly id: string
  readonly key: KeyObject
  readonly test: boolean
  /** The person that an earlier step found it to belong to; its own id: it began that person. */
  readonly person: string | null
  /** ms since 1970 */
  readonly receivedAt: number
  readonly now: number
}

interface Decided {
  readonly answer: MatchAnswer
  readonly writes: PersonWrites
}

export interface Persons {
  prepare(keys: TenantKeys, test: boolean, input: MatchInput): Prepared
  /** To be read before what is handed to `match` is looked up. */
  turn(): number
  /**
   * Says whom a lead belongs to. What it writes by that is held, and nobody in this process decides by the same keys,
   * until its commit is settled; of two in different processes the second commit fails, and its lead is run again.
   */
  match(holder: Holder, keys: TenantKeys, lead: MatchingLead, input: MatchInput, ahead: Ahead | null): Soon<Decided>
  settle(
    tenantId: string,
    lead: { readonly id: string; readonly now: number },
    input: RequestInput<'identity.settle'>,
  ): Promise<{ readonly answer: RequestAnswer<'identity.settle'>; readonly writes: PersonWrites }>
  /** A person without anything to be found by: that of a lead which claimed to be the first. */
  bare(lead: { readonly id: string; readonly test: boolean; readonly receivedAt: number }): PersonWrites
}

const NOTHING: PersonWrites = { records: [], merges: [], labels: [] }

interface Judged {
  readonly record: StoredRecord
  readonly judgement: ReturnType<Judge['judge']>
}

const rounded = (value: number): number => Math.round(value * 100) / 100

const reasonsOf = ({ judgement }: Judged): MatchReasons => ({
  probability: Math.round(judgement.probability * 10_000) / 10_000,
  total: rounded(judgement.total),
  prior: rounded(judgement.prior),
  kinship: rounded(judgement.kinship),
  fields: judgement.reasons.map(({ group, levels, weight, rarity }) => ({
    group,
    levels,
    weight: rounded(weight),
    rarity: rounded(rarity),
  })),
})

/** Whether two steps ask the same of a lead. */
const isSame = (a: MatchInput, b: MatchInput): boolean => {
  if (a === b) return true
  if (a.model !== b.model || a.threshold !== b.threshold || a.reviewThreshold !== b.reviewThreshold) return false
  if (a.country !== b.country || a.keptWhenRejected !== b.keptWhenRejected) return false
  const names = Object.keys(a.record)
  return (
    names.length === Object.keys(b.record).length &&
    names.every((name) => a.record[name] === b.record[name]) &&
    (a.account === b.account || JSON.stringify(a.account) === JSON.stringify(b.account))
  )
}

export const createPersons = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly models: Models
  readonly lookUp: LookUp
}): Persons => {
  const { database, keyring, models, lookUp } = options
  const holds = createHolds()
  const finder = createPersonFinder({ database, models, lookUp, turn: holds.turn })
  const { prepare } = finder
  const tenants = new Map<string, number>()
  const tenantOf = ({ tenantId, lookup }: TenantKeys): number => {
    let known = tenants.get(tenantId)
    if (known === undefined) {
      known = tenantPlaces(keyedHash8(lookup, 'places'))
      tenants.set(tenantId, known)
    }
    return known
  }

  /** The likeliest record of each person found, the likeliest person first; of equally likely ones the oldest. */
  const judgeAll = (keys: TenantKeys, prepared: Prepared, found: Found, weights: Weights): Judged[] => {
    const { records } = found
    if (records.length === 0) return []
    const intake = models.intake(prepared.input.country)
    const judge = createJudge({ schema: intake.schema, model: weights.model, rarityOf: weights.rarityOf })
    const person = intake.read(prepared.row)
    const own = new Set(found.keys.map(({ text }) => text))
    const counts = new Map<string, number>()
    for (const { personId } of records) counts.set(personId, (counts.get(personId) ?? 0) + 1)
    const best = new Map<string, Judged>()
    for (const record of records) {
      const key = keyring.openLeadKey(keys, record.leadId, record.wrapped, record.keyVersion)
      const other = intake.read(JSON.parse(open(key, record.sealed).toString('utf8')) as string[])
      // A person's further records are compared where they share a key themselves: so the order of arrival changes nothing.
      if ((counts.get(record.personId) ?? 0) > 1 && !allKeys(other).some((text) => own.has(text))) continue
      const judged = { record, judgement: judge.judge(person, other) }
      const known = best.get(record.root)
      if (!known || judged.judgement.total > known.judgement.total) best.set(record.root, judged)
    }
    return [...best.values()].sort(
      (a, b) => b.judgement.total - a.judgement.total || (a.record.root < b.record.root ? -1 : 1),
    )
  }

  /** The keys under which a lead is to be found for a person: those that do not lead to it already. */
  const newKeys = (tenant: number, { keys, places, records }: Found, root: string | null): PersonKey[] => {
    const own = new Set<string>()
    if (root !== null) for (const record of records) if (record.root === root) own.add(record.personId)
    const made: PersonKey[] = []
    for (const [at, { hash }] of keys.entries()) {
      const state = places[at]
      if (!state || state.isCrowded || state.persons.some((person) => own.has(person))) continue
      made.push({ key: hash, place: placeAt(tenant, state.last + 1) })
    }
    return made
  }

  /** The organisation that a lead names. */
  const accountOf = (keys: TenantKeys, lead: MatchingLead, { account }: MatchInput): AccountWrite | null =>
    account && {
      id: newId(lead.now),
      keys: account.keys.map((text) => keyedHash16(keys.lookup, `account|${lead.test ? 'test:' : ''}${text}`)),
      sealed: seal(keys.wrap, JSON.stringify({ name: account.name, domain: account.domain })),
    }

  const recordOf = (
    keys: TenantKeys,
    lead: MatchingLead,
    prepared: Prepared,
    where: { readonly personId: string; readonly found: Found; readonly root: string | null },
  ): RecordWrite => {
    const isFirst = where.root === null
    return {
      personId: where.personId,
      leadId: lead.id,
      isFirst,
      kept: prepared.input.keptWhenRejected,
      at: lead.receivedAt,
      test: lead.test,
      sealed: prepared.keys.length === 0 ? null : seal(lead.key, JSON.stringify(prepared.row)),
      keys: newKeys(tenantOf(keys), where.found, where.root),
      account: isFirst ? accountOf(keys, lead, prepared.input) : null,
    }
  }

  /** What a person is known by besides from now on: nothing, where the lead says what another said. */
  const addedTo = (
    keys: TenantKeys,
    lead: MatchingLead,
    prepared: Prepared,
    { root, found }: { readonly root: string; readonly found: Found },
  ): readonly RecordWrite[] => {
    const same = found.records.filter((record) => record.root === root)
    const record = recordOf(keys, lead, prepared, { personId: root, found, root })
    const own = JSON.stringify(prepared.row)
    const isKnown = same.some(
      ({ leadId, wrapped, keyVersion, sealed }) =>
        open(keyring.openLeadKey(keys, leadId, wrapped, keyVersion), sealed).toString('utf8') === own,
    )
    return !isKnown && (record.keys.length > 0 || same.length < RECORDS_PER_PERSON_MAX) ? [record] : []
  }

  /** The person, as it stands now, that an earlier step found the lead to belong to. */
  const givenTo = async (tenantId: string, lead: MatchingLead): Promise<string | null> => {
    if (lead.person === null || lead.person === lead.id) return null
    return (await rootsOf(database, tenantId, [lead.person])).get(lead.person) ?? lead.person
  }

  /** A lead of nobody who is known: a person of its own begins with it. */
  const begin = (keys: TenantKeys, lead: MatchingLead, prepared: Prepared, found: Found, model: number): Decided => ({
    answer: {
      band: prepared.keys.length === 0 ? 'none' : 'different',
      person: lead.id,
      candidates: 0,
      model,
    },
    writes: { ...NOTHING, records: [recordOf(keys, lead, prepared, { personId: lead.id, found, root: null })] },
  })

  const decide = async (
    keys: TenantKeys,
    lead: MatchingLead,
    prepared: Prepared,
    found: Found,
    weights: Weights,
  ): Promise<Decided> => {
    const { threshold, reviewThreshold } = prepared.input
    const judged = judgeAll(keys, prepared, found, weights)
    const [likeliest] = judged
    const counted = { candidates: judged.length, model: weights.version }
    const probability = likeliest?.judgement.probability ?? 0
    const unlike = {
      ...counted,
      ...(likeliest && { probability: Math.round(probability * 10_000) / 10_000 }),
    }
    const told = likeliest && {
      ...counted,
      candidate: likeliest.record.root,
      leadId: likeliest.record.leadId,
      seenAt: likeliest.record.receivedAt,
      because: reasonsOf(likeliest),
      codes: likeliest.judgement.codes,
    }
    const given = await givenTo(keys.tenantId, lead)
    const alike = judged.filter(({ judgement }) => judgement.probability >= threshold).map(({ record }) => record.root)
    const roots = [...new Set(given === null ? alike : [given, ...alike])].sort()
    if (roots.length === 0) {
      const record = recordOf(keys, lead, prepared, { personId: lead.id, found, root: null })
      const writes = { ...NOTHING, records: [record] }
      if (told && probability >= reviewThreshold)
        return { answer: { band: 'review', person: lead.id, ...told }, writes }
      return {
        answer: { band: prepared.keys.length === 0 ? 'none' : 'different', person: lead.id, ...unlike },
        writes,
      }
    }
    const isOne = roots.length === 1 || !(await areApart(database, keys.tenantId, roots))
    // The oldest of those that turn out to be one stands for all, whoever comes when.
    const root = isOne ? (roots[0] as string) : (given ?? (alike[0] as string))
    const gone = isOne ? roots.slice(1) : []
    const merged = alike.length > 0 && gone.length > 0 ? { merged: gone } : {}
    const joined = {
      ...(told && alike.length > 0
        ? { band: 'same' as const, ...told, ...merged }
        : { band: 'different' as const, ...unlike }),
      person: root,
    }
    const own = lead.person === lead.id ? [lead.id] : []
    const account = accountOf(keys, lead, prepared.input)
    return {
      answer: joined,
      writes: {
        ...NOTHING,
        records: addedTo(keys, lead, prepared, { root, found }),
        ...(account && { speaks: [{ personId: root, leadId: lead.id, at: lead.receivedAt, account }] }),
        merges: [...gone, ...own].map((other) => ({
          id: newId(lead.now),
          keep: root,
          gone: other,
          at: lead.now,
          by: 'match',
          leadId: lead.id,
        })),
      },
    }
  }

  const isAlone = (holder: Holder, { names, turn }: Found): boolean =>
    holds.areFree(holder, names) && !holds.changedSince(names, turn)

  /** The names of the keys that are written. */
  const written = ({ records }: PersonWrites, { keys }: Found): number[] => {
    const hashes = new Set<bigint>()
    for (const record of records) for (const { key } of record.keys) hashes.add(key)
    return namesOf(keys.filter(({ hash }) => hashes.has(hash)))
  }

  /** Decides once nobody else of this process is deciding by the same keys. */
  const matchAmong = async (
    holder: Holder,
    keys: TenantKeys,
    lead: MatchingLead,
    prepared: Prepared,
    known: { readonly found: Found | null; readonly weights: Weights },
  ): Promise<Decided> => {
    let { found } = known
    let names: readonly number[] = found?.names ?? namesOf(prepared.keys)
    for (;;) {
      if (await holds.waitFree(holder, names)) found = null
      if (found === null || holds.changedSince(names, found.turn)) found = await finder.find(keys, lead.test, prepared)
      names = found.names
      const { answer, writes } = await decide(keys, lead, prepared, found, known.weights)
      // Whom it belongs to is settled, and nobody finds anybody by it who was not found before.
      const taken = written(writes, found)
      if (taken.length === 0 && writes.merges.length === 0) return { answer, writes }
      if (isAlone(holder, found)) {
        holds.take(holder, taken)
        return { answer, writes }
      }
      found = null
    }
  }

  return {
    prepare,
    turn: holds.turn,
    match: (holder, keys, lead, input, ahead) => {
      // Foreseen for the first step that matches; one that comes later, or asks otherwise, reads for itself.
      const read = ahead?.match && isSame(ahead.match.prepared.input, input) ? ahead.match : null
      const prepared = read?.prepared ?? prepare(keys, lead.test, input)
      return after(models.weights(keys, prepared.input.model), (weights) =>
        // One after the other: begun before, it would fail with nobody listening while the weights are still read.
        after(read && finder.whoIsAt(keys, lead.test, prepared, read.before), (found) => {
          if (found === null || found.records.length > 0 || (lead.person !== null && lead.person !== lead.id))
            return matchAmong(holder, keys, lead, prepared, { found, weights })
          // Nobody is found, nobody holds its keys, and it belongs to nobody: it waits for nothing.
          if (!isAlone(holder, found)) return matchAmong(holder, keys, lead, prepared, { found, weights })
          const begun = begin(keys, lead, prepared, found, weights.version)
          holds.take(holder, written(begun.writes, found))
          return begun
        }),
      )
    },
    settle: async (tenantId, lead, { person, candidate, same, by, codes }) => {
      const label = { leadId: lead.id, personId: candidate, same, at: lead.now, by, codes }
      // Either may have turned out to be another one while somebody thought about it.
      const roots = same ? await rootsOf(database, tenantId, [person, candidate]) : null
      const [own, other] = [roots?.get(person) ?? person, roots?.get(candidate)]
      if (!other || own === other)
        return { answer: { person: own }, writes: { records: [], merges: [], labels: [label] } }
      const [keep, gone] = own < other ? [own, other] : [other, own]
      const merge = { id: newId(lead.now), keep, gone, at: lead.now, by, leadId: lead.id }
      return { answer: { person: keep }, writes: { records: [], merges: [merge], labels: [label] } }
    },
    bare: ({ id, test, receivedAt }) => ({
      ...NOTHING,
      records: [
        {
          personId: id,
          leadId: id,
          isFirst: true,
          at: receivedAt,
          test,
          sealed: null,
          keys: [],
          account: null,
          kept: true,
        },
      ],
    }),
  }
}
