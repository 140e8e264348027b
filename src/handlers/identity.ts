import { keyedHash16 } from '../base/seal.ts'
import type { ClaimWrite } from '../journal/append.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import type { RequestAnswer, RequestInput } from '../kit/requests.ts'
import type { Ahead } from './ahead.ts'
import { type Holder, waitFor } from './holder.ts'
import type { Claimant, LookUp } from './look-up.ts'

/** Among which leads a claim is made. A test lead meets only test leads. */
export interface ClaimPlace {
  readonly test: boolean
  readonly flowId: string
  readonly sourceId: string
}

/** One key asked for. */
export interface Wanted {
  readonly key: Buffer
  readonly on: readonly string[]
}

interface Held {
  readonly holder: Holder
  readonly at: number
  readonly fingerprint: Buffer | null
  readonly settled: Promise<boolean>
}

type Claimed =
  | { readonly held: true; readonly writes: readonly ClaimWrite[] }
  | { readonly held: false; readonly found: Claimant; readonly on: readonly string[] }

export interface Identity {
  /** Claims all keys of a dedupe rule, or none. */
  claim(
    holder: Holder,
    keys: TenantKeys,
    where: ClaimPlace & { readonly now: number },
    input: RequestInput<'identity.claim'>,
    ahead: Ahead | null,
  ): Promise<{ readonly answer: RequestAnswer<'identity.claim'>; readonly writes: readonly ClaimWrite[] }>
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
    if (!unique.has(text)) unique.set(text, { key: keyedHash16(keys.lookup, `claim|${scope}|${text}`), on })
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

/** The key of a submission stands for its answer, whatever becomes of the lead. */
const ALWAYS = { rejected: true, erased: true }

/** Claims settled last, by name: as many as may have been made since a lead under way read ahead. */
const LATELY_MAX = 5_000

export const createIdentity = (options: { readonly lookUp: LookUp }): Identity => {
  const { lookUp } = options
  /** Two generations: forgetting one whole costs nothing a claim, and what is left reaches back far enough. */
  let lately = new Set<string>()
  let before = new Set<string>()
  const remember = (name: string): void => {
    lately.add(name)
    if (lately.size < LATELY_MAX) return
    before = lately
    lately = new Set()
  }
  const wasTakenLately = (name: string): boolean => lately.has(name) || before.has(name)

  /** Claims of journeys in this process whose commit is not settled, by tenant and key. */
  const inFlight = new Map<string, Held>()

  const claimKeys = async (
    holder: Holder,
    tenantId: string,
    wanted: readonly Wanted[],
    now: number,
    staleBefore: number | null,
    fingerprint: Buffer | null,
    ahead: Ahead | null,
    kept: ClaimWrite['kept'],
  ): Promise<Claimed> => {
    const names = wanted.map((want) => `${tenantId}${want.key.toString('latin1')}`)
    for (;;) {
      const blocked = names.findIndex((name) => {
        const held = inFlight.get(name)
        return held !== undefined && held.holder !== holder
      })
      const other = blocked < 0 ? undefined : inFlight.get(names[blocked] as string)
      if (!other) break
      const durable = await waitFor(holder, [other.holder], other.settled)
      if (durable && (staleBefore === null || other.at >= staleBefore)) {
        const found = { leadId: other.holder.leadId, at: other.at, fingerprint: other.fingerprint, isVoid: false }
        return { held: false, found, on: wanted[blocked]?.on ?? [] }
      }
    }

    let end: (durable: boolean) => void = () => undefined
    const settled = new Promise<boolean>((resolve) => {
      end = resolve
    })
    const held: Held = { holder, at: now, fingerprint, settled }
    for (const name of names) if (!inFlight.has(name)) inFlight.set(name, held)
    const release = (durable: boolean): void => {
      for (const name of names) {
        if (inFlight.get(name) !== held) continue
        inFlight.delete(name)
        if (durable) remember(name)
      }
      end(durable)
    }

    // Read ahead and then taken by a lead of this process: what was read is out of date.
    const current = ahead && !names.some(wasTakenLately) ? ahead : null
    let found: readonly (Claimant | null | undefined)[] = wanted.map((want) =>
      current?.claims.get(want.key.toString('latin1')),
    )
    try {
      if (found.includes(undefined))
        found = (await lookUp({ tenantId, claims: wanted.map((want) => want.key), suppressions: [] })).claims
    } catch (error) {
      release(false)
      throw error
    }
    const hit = found.findIndex(
      (entry) =>
        entry && !entry.isVoid && entry.leadId !== holder.leadId && (staleBefore === null || entry.at >= staleBefore),
    )
    const winner = hit < 0 ? null : found[hit]
    if (winner) {
      release(false)
      return { held: false, found: winner, on: wanted[hit]?.on ?? [] }
    }
    holder.settlements.push(release)
    // What the lead holds already is not written twice: a commit counts what it takes.
    const writes = wanted.flatMap(({ key }, index) => {
      const own = found[index]
      const isTaken = inFlight.get(names[index] as string) === held
      if (!isTaken || (own && !own.isVoid && (staleBefore === null || own.at >= staleBefore))) return []
      // A void claim may be younger than the window: it is passed over by its own time.
      const before = own?.isVoid ? Math.max(own.at + 1, staleBefore ?? 0) : staleBefore
      return [{ key, at: now, staleBefore: before, fingerprint, kept }]
    })
    return { held: true, writes }
  }

  return {
    claim: async (holder, keys, where, input, ahead) => {
      const made = ahead?.wanted.get(input.rule)
      const wanted = made && sameKeys(made.input, input) ? made.keys : claimKeysOf(keys, where, input)
      const staleBefore = input.withinMs === null ? null : where.now - input.withinMs
      const kept = {
        rejected: input.keepWhen?.includes('rejected') ?? false,
        erased: input.keepWhen?.includes('erased') ?? false,
      }
      const claimed = await claimKeys(holder, keys.tenantId, wanted, where.now, staleBefore, null, ahead, kept)
      if (claimed.held) return { answer: { held: true }, writes: claimed.writes }
      const { found, on } = claimed
      return { answer: { held: false, leadId: found.leadId, seenAt: found.at, on }, writes: [] }
    },
    claimIdempotency: async (holder, keys, input) => {
      const key = keyedHash16(keys.lookup, `idempotency|${input.flowId}|${input.sourceId}|${input.key}`)
      const fingerprint = keyedHash16(keys.lookup, `body|${input.body}`)
      const claimed = await claimKeys(
        holder,
        keys.tenantId,
        [{ key, on: [] }],
        input.now,
        null,
        fingerprint,
        null,
        ALWAYS,
      )
      if (claimed.held) return claimed
      return {
        held: false,
        leadId: claimed.found.leadId,
        same: claimed.found.fingerprint?.equals(fingerprint) ?? false,
      }
    },
  }
}
