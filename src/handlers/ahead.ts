import type { TenantKeys } from '../journal/keyring.ts'
import type { RequestInput, SingleRequest } from '../kit/requests.ts'
import { type ClaimPlace, claimKeysOf, type Wanted } from './identity.ts'
import type { KnownLists } from './lists.ts'
import type { Claimant, LookUp, Suppressed } from './look-up.ts'
import type { PlacesThen, Prepared } from './person-finder.ts'
import type { Persons } from './persons.ts'
import { soughtEntries, suppressionKey } from './suppression.ts'

/**
 * What the database said, in one round trip, about all that a lead's coming steps will look up.
 *
 * It is a little older than the step that uses it. For claims that is harmless: a claim taken since is seen at the
 * commit, which then fails, and the lead is run again. A suppression entry added within those milliseconds counts for
 * the next lead.
 */
export interface Ahead {
  /** The turn of claims before it was read: what was settled since is not in it. */
  readonly turn: number
  /** By the key's bytes as latin1 text. */
  readonly claims: ReadonlyMap<string, Claimant | null>
  /** By rule: the keys made for it, and what of. */
  readonly wanted: ReadonlyMap<string, { readonly input: RequestInput<'identity.claim'>; readonly keys: Wanted[] }>
  /** By the value as the step names it. */
  readonly suppressions: ReadonlyMap<string, readonly Suppressed[]>
  /** Of the first step that matches persons. */
  readonly match: { readonly prepared: Prepared; readonly before: PlacesThen } | null
}

/** What was answered, by the name of what was asked. */
const found = <A, B>(asked: readonly A[], nameOf: (one: A) => string, answers: readonly B[]): Map<string, B> => {
  const byName = new Map<string, B>()
  for (let at = 0; at < asked.length; at += 1) byName.set(nameOf(asked[at] as A), answers[at] as B)
  return byName
}

/** Reads what these requests will ask for. */
export const readAhead = async (options: {
  readonly lookUp: LookUp
  readonly lists: KnownLists
  readonly persons: Persons
  readonly keys: TenantKeys
  readonly where: ClaimPlace
  readonly turn: number
  readonly requests: readonly SingleRequest[]
}): Promise<Ahead> => {
  const { lookUp, lists, persons, keys, where, turn: claimsTurn, requests } = options
  const sought = requests.flatMap((request) => (request.kind === 'suppression.lookup' ? request.input.lists : []))
  const known = sought.length > 0 ? await lists.of(keys.tenantId, sought) : new Map()
  const turn = persons.turn()
  let prepared: Prepared | null = null
  const claims: Wanted[] = []
  const values: string[] = []
  const wanted = new Map<string, { input: RequestInput<'identity.claim'>; keys: Wanted[] }>()
  for (const request of requests) {
    if (request.kind === 'identity.claim') {
      const made = claimKeysOf(keys, where, request.input)
      wanted.set(request.input.rule, { input: request.input, keys: made })
      claims.push(...made)
    }
    if (request.kind === 'identity.match') prepared ??= persons.prepare(keys, where.test, request.input)
    if (request.kind === 'suppression.lookup')
      for (const { entry } of soughtEntries(known, request.input)) if (!values.includes(entry)) values.push(entry)
  }
  const answer = await lookUp({
    tenantId: keys.tenantId,
    claims: claims.map(({ key }) => key),
    suppressions: values.map((entry) => suppressionKey(keys, entry)),
    ...(prepared && { persons: prepared.keys.map(({ hash }) => hash) }),
  })
  return {
    turn: claimsTurn,
    wanted,
    match: prepared && { prepared, before: { places: answer.persons, turn } },
    claims: found(claims, ({ name }) => name, answer.claims),
    suppressions: found(values, (value) => value, answer.suppressions),
  }
}
