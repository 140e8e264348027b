import { createRegister } from '../base/register.ts'
import { keyedHash16, keyedName16 } from '../base/seal.ts'
import { after, type Soon } from '../base/soon.ts'
import type { ClaimWrite } from '../journal/append.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import type { RequestAnswer, RequestInput } from '../kit/requests.ts'
import type { Ahead } from './ahead.ts'
import { type Holder, waitFor } from './holder.ts'
import type { Claimant, LookUp } from './look-up.ts'
import { createSettled } from './settled.ts'

/** Among which leads a claim is made. A test lead meets only test leads. */
export interface ClaimPlace {
  readonly test: boolean
  readonly flowId: string
  readonly sourceId: string
}

/** One key asked for. Keyed under the tenant's own key, it names the claim among those of all tenants. */
export interface Wanted {
  readonly key: Buffer
  /** The key's bytes as latin1 text. */
  readonly name: string
  readonly on: readonly string[]
}

const wantedOf = (name: string, on: readonly string[]): Wanted => ({ key: Buffer.from(name, 'latin1'), name, on })

interface Held {
  readonly holder: Holder
  readonly at: number
  readonly fingerprint: Buffer | null
  /** Called when the commit is settled; null where nobody waits. */
  waiting: ((durable: boolean) => void)[] | null
}

const settledOf = (held: Held): Promise<boolean> =>
  new Promise((resolve) => {
    held.waiting ??= []
    held.waiting.push(resolve)
  })

type Claimed =
  | { readonly held: true; readonly writes: readonly ClaimWrite[] }
  | { readonly held: false; readonly found: Claimant; readonly on: readonly string[] }

export interface Identity {
  /** Counts the claims that were settled as durable here. */
  turn(): number
  /** Claims all keys of a dedupe rule, or none. */
  claim(
    holder: Holder,
    keys: TenantKeys,
    where: ClaimPlace & { readonly now: number },
    input: RequestInput<'identity.claim'>,
    ahead: Ahead | null,
  ): Soon<{ readonly answer: RequestAnswer<'identity.claim'>; readonly writes: readonly ClaimWrite[] }>
  /** Claims an idempotency key of a source. `same`: it was used before, with this very body. */
  claimIdempotency(
    holder: Holder,
    keys: TenantKeys,
    input: {
      readonly flowId: string
      readonly sourceId: string
      readonly key: string
      readonly body: string
      readonly now: number
    },
  ): Promise<
    | { readonly held: true; readonly writes: readonly ClaimWrite[] }
    | { readonly held: false; readonly leadId: string; readonly same: boolean }
  >
}

/** The keys of a dedupe rule, each once. */
export const claimKeysOf = (keys: TenantKeys, where: ClaimPlace, input: RequestInput<'identity.claim'>): Wanted[] => {
  const among =
    input.scope === 'tenant' ? '' : input.scope === 'flow' ? `f|${where.flowId}` : `s|${where.flowId}|${where.sourceId}`
  const scope = where.test ? `test:${among}` : among
  const unique = new Map<string, Wanted>()
  for (const { on, values } of input.keys) {
    const text = JSON.stringify([input.rule, on, values])
    if (!unique.has(text)) unique.set(text, wantedOf(keyedName16(keys.lookup, `claim|${scope}|${text}`), on))
  }
  return [...unique.values()]
}

const sameKeys = (a: RequestInput<'identity.claim'>, b: RequestInput<'identity.claim'>): boolean =>
  a.scope === b.scope &&
  a.keys.length === b.keys.length &&
  a.keys.every((key, index) => {
    const other = b.keys[index]
    return (
      other !== undefined &&
      key.on.every((name, at) => name === other.on[at]) &&
      key.values.length === other.values.length &&
      key.values.every((value, at) => value === other.values[at])
    )
  })

const HELD = { held: true } as const
const NEVER_KEPT: ClaimWrite['kept'] = { rejected: false, erased: false }
const keptOf = (when: NonNullable<RequestInput<'identity.claim'>['keepWhen']>): ClaimWrite['kept'] => ({
  rejected: when.includes('rejected'),
  erased: when.includes('erased'),
})

/** The key of a submission stands for its answer, whatever becomes of the lead. */
const ALWAYS = { rejected: true, erased: true }

/** The first bits of a claim's name. */
const beginningOf = (name: string): number =>
  name.charCodeAt(0) | (name.charCodeAt(1) << 8) | (name.charCodeAt(2) << 16)

export const createIdentity = (options: { readonly lookUp: LookUp }): Identity => {
  const { lookUp } = options
  const settled = createSettled()
  /** Claims of journeys in this process whose commit is not settled, by the key's name. */
  const inFlight = createRegister<string, Held>()

  interface Asked {
    readonly holder: Holder
    readonly tenantId: string
    readonly wanted: readonly Wanted[]
    readonly now: number
    readonly staleBefore: number | null
    readonly fingerprint: Buffer | null
    readonly ahead: Ahead | null
    readonly kept: ClaimWrite['kept']
  }

  const isStale = (at: number, { staleBefore }: Asked): boolean => staleBefore !== null && at < staleBefore

  /** What the claims as they stand in the database say. */
  const decide = (asked: Asked, held: Held, found: readonly (Claimant | null)[]): Claimed => {
    const { holder, wanted, now, staleBefore, fingerprint, kept } = asked
    const release = (durable: boolean): void => {
      for (const { name } of wanted) {
        if (inFlight.get(name) !== held) continue
        inFlight.delete(name)
        if (durable) settled.settle(beginningOf(name))
      }
      for (const wake of held.waiting ?? []) wake(durable)
    }
    for (const [index, entry] of found.entries()) {
      if (!entry || entry.isVoid || entry.leadId === holder.leadId || isStale(entry.at, asked)) continue
      release(false)
      return { held: false, found: entry, on: wanted[index]?.on ?? [] }
    }
    holder.settlements.push(release)
    // What the lead holds already is not written twice: a commit counts what it takes.
    const writes: ClaimWrite[] = []
    for (const [index, { key, name }] of wanted.entries()) {
      const own = found[index]
      if (inFlight.get(name) !== held || (own && !own.isVoid && !isStale(own.at, asked))) continue
      // A void claim may be younger than the window: it is passed over by its own time.
      const before = own?.isVoid ? Math.max(own.at + 1, staleBefore ?? 0) : staleBefore
      writes.push({ key, at: now, staleBefore: before, replaces: own !== null && own !== undefined, fingerprint, kept })
    }
    return { held: true, writes }
  }

  /** Somebody in this process holds a key whose commit is not settled: it is the winner once it is durable. */
  const waitThenClaim = async (asked: Asked, other: Held, on: readonly string[]): Promise<Claimed> => {
    const durable = await waitFor(asked.holder, [other.holder], settledOf(other))
    if (!durable || isStale(other.at, asked)) return claimKeys(asked)
    const found = {
      leadId: other.holder.leadId,
      at: other.at,
      fingerprint: other.fingerprint,
      isVoid: false,
      person: null,
    }
    return { held: false, found, on }
  }

  const claimKeys = (asked: Asked): Soon<Claimed> => {
    const { holder, tenantId, wanted, now, fingerprint, ahead } = asked
    for (const { name, on } of wanted) {
      const other = inFlight.get(name)
      if (other !== undefined && other.holder !== holder) return waitThenClaim(asked, other, on)
    }
    const held: Held = { holder, at: now, fingerprint, waiting: null }
    for (const { name } of wanted) if (!inFlight.has(name)) inFlight.set(name, held)
    // Read ahead and then taken by a lead of this process: what was read is out of date.
    const current = ahead && !wanted.some(({ name }) => settled.since(beginningOf(name), ahead.turn)) ? ahead : null
    const found = wanted.map(({ name }) => current?.claims.get(name))
    if (!found.includes(undefined)) return decide(asked, held, found as (Claimant | null)[])
    return lookUp({ tenantId, claims: wanted.map(({ key }) => key), suppressions: [] }).then(
      ({ claims }) => decide(asked, held, claims),
      (error) => {
        for (const { name } of wanted) if (inFlight.get(name) === held) inFlight.delete(name)
        for (const wake of held.waiting ?? []) wake(false)
        throw error
      },
    )
  }

  /** The person of the lead that holds a claim. Of one that was met in memory the database knows by now. */
  const personOf = async (tenantId: string, found: Claimant, wanted: readonly Wanted[]): Promise<string> => {
    if (found.person !== null) return found.person
    const { claims } = await lookUp({ tenantId, claims: wanted.map(({ key }) => key), suppressions: [] })
    return claims.find((claim) => claim?.leadId === found.leadId)?.person ?? found.leadId
  }

  return {
    turn: settled.turn,
    claim: (holder, keys, where, input, ahead) => {
      const made = ahead?.wanted.get(input.rule)
      const wanted = made && sameKeys(made.input, input) ? made.keys : claimKeysOf(keys, where, input)
      const staleBefore = input.withinMs === null ? null : where.now - input.withinMs
      const kept = input.keepWhen ? keptOf(input.keepWhen) : NEVER_KEPT
      const { tenantId } = keys
      return after(
        claimKeys({ holder, tenantId, wanted, now: where.now, staleBefore, fingerprint: null, ahead, kept }),
        (claimed) => {
          if (claimed.held) return { answer: HELD, writes: claimed.writes }
          const { found, on } = claimed
          const answer = { held: false as const, leadId: found.leadId, seenAt: found.at, on }
          if (!input.person) return { answer, writes: [] }
          return personOf(tenantId, found, wanted).then((person) => ({ answer: { ...answer, person }, writes: [] }))
        },
      )
    },
    claimIdempotency: async (holder, keys, input) => {
      const name = keyedName16(keys.lookup, `idempotency|${input.flowId}|${input.sourceId}|${input.key}`)
      const fingerprint = keyedHash16(keys.lookup, `body|${input.body}`)
      const claimed = await claimKeys({
        holder,
        tenantId: keys.tenantId,
        wanted: [wantedOf(name, [])],
        now: input.now,
        staleBefore: null,
        fingerprint,
        ahead: null,
        kept: ALWAYS,
      })
      if (claimed.held) return claimed
      return {
        held: false,
        leadId: claimed.found.leadId,
        same: claimed.found.fingerprint?.equals(fingerprint) ?? false,
      }
    },
  }
}
