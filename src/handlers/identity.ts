import { gather } from '../base/coalesce.ts'
import { isFault } from '../base/faults.ts'
import { keyedHash16 } from '../base/seal.ts'
import { byteas, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import type { ClaimWrite } from '../journal/append.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import type { RequestAnswer, RequestInput } from '../kit/requests.ts'
import { type Holder, waitFor } from './holder.ts'

/** One key asked for. */
interface Wanted {
  readonly key: Buffer
  readonly on: readonly string[]
}

interface Held {
  readonly holder: Holder
  readonly at: number
  readonly fingerprint: Buffer | null
  readonly settled: Promise<boolean>
}

interface Found {
  readonly leadId: string
  readonly at: number
  readonly fingerprint: Buffer | null
}

type Claimed =
  | { readonly held: true; readonly writes: readonly ClaimWrite[] }
  | { readonly held: false; readonly found: Found; readonly on: readonly string[] }

export interface Identity {
  /** Claims all keys of a dedupe rule, or none. A test lead meets only test leads. */
  claim(
    holder: Holder,
    keys: TenantKeys,
    where: { readonly test: boolean; readonly flowId: string; readonly sourceId: string; readonly now: number },
    input: RequestInput<'identity.claim'>,
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

export const createIdentity = (options: { readonly database: Database; readonly rowsMax: number }): Identity => {
  const { database, rowsMax } = options
  /** Claims of journeys in this process whose commit is not settled, by tenant and key. */
  const inFlight = new Map<string, Held>()

  const lookup = gather<{ tenantId: string; keys: readonly Buffer[] }, (Found | null)[]>({
    rowsMax,
    concurrency: 2,
    whole: isFault,
    run: async (items) => {
      const tenantIds: string[] = []
      const keys: Buffer[] = []
      for (const item of items) {
        for (const key of item.keys) {
          tenantIds.push(item.tenantId)
          keys.push(key)
        }
      }
      const [rows] = await database.batch(
        [...new Set(tenantIds)],
        [
          {
            name: 'claim_lookup',
            text: `select w.n::integer as n, c.lead_id, c.at, c.fingerprint
                   from unnest($1::uuid[], $2::bytea[]) with ordinality as w(tenant_id, key, n)
                   cross join lateral (
                     select lead_id, at, fingerprint from millrace.claim
                     where tenant_id = w.tenant_id and key = w.key limit 1
                   ) c`,
            values: [uuids(tenantIds), byteas(keys)],
          },
        ],
      )
      const found: (Found | null)[] = keys.map(() => null)
      for (const row of rows ?? []) {
        found[(row.n as number) - 1] = {
          leadId: row.lead_id as string,
          at: row.at as number,
          fingerprint: row.fingerprint as Buffer | null,
        }
      }
      let from = 0
      return items.map((item) => {
        const part = found.slice(from, from + item.keys.length)
        from += item.keys.length
        return part
      })
    },
  })

  const claimKeys = async (
    holder: Holder,
    tenantId: string,
    wanted: readonly Wanted[],
    now: number,
    staleBefore: number | null,
    fingerprint: Buffer | null,
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
        const found = { leadId: other.holder.leadId, at: other.at, fingerprint: other.fingerprint }
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
      for (const name of names) if (inFlight.get(name) === held) inFlight.delete(name)
      end(durable)
    }

    let found: readonly (Found | null)[]
    try {
      found = await lookup({ tenantId, keys: wanted.map((want) => want.key) })
    } catch (error) {
      release(false)
      throw error
    }
    const hit = found.findIndex(
      (entry) => entry !== null && entry.leadId !== holder.leadId && (staleBefore === null || entry.at >= staleBefore),
    )
    const winner = hit < 0 ? null : found[hit]
    if (winner) {
      release(false)
      return { held: false, found: winner, on: wanted[hit]?.on ?? [] }
    }
    holder.settlements.push(release)
    // What the lead holds already is not written twice: a commit counts what it takes.
    const taken = wanted.filter((_, index) => {
      const own = found[index]
      return inFlight.get(names[index] as string) === held && (!own || (staleBefore !== null && own.at < staleBefore))
    })
    return { held: true, writes: taken.map(({ key }) => ({ key, at: now, staleBefore, fingerprint })) }
  }

  return {
    claim: async (holder, keys, where, input) => {
      const among =
        input.scope === 'tenant'
          ? ''
          : input.scope === 'flow'
            ? `f|${where.flowId}`
            : `s|${where.flowId}|${where.sourceId}`
      const scope = where.test ? `test:${among}` : among
      const unique = new Map<string, Wanted>()
      for (const { on, values } of input.keys) {
        const text = JSON.stringify([input.rule, on, values])
        if (!unique.has(text)) unique.set(text, { key: keyedHash16(keys.lookup, `claim|${scope}|${text}`), on })
      }
      const staleBefore = input.withinMs === null ? null : where.now - input.withinMs
      const claimed = await claimKeys(holder, keys.tenantId, [...unique.values()], where.now, staleBefore, null)
      if (claimed.held) return { answer: { held: true }, writes: claimed.writes }
      const { found, on } = claimed
      return { answer: { held: false, leadId: found.leadId, seenAt: found.at, on }, writes: [] }
    },
    claimIdempotency: async (holder, keys, input) => {
      const key = keyedHash16(keys.lookup, `idempotency|${input.flowId}|${input.sourceId}|${input.key}`)
      const fingerprint = keyedHash16(keys.lookup, `body|${input.body}`)
      const claimed = await claimKeys(holder, keys.tenantId, [{ key, on: [] }], input.now, null, fingerprint)
      if (claimed.held) return claimed
      return {
        held: false,
        leadId: claimed.found.leadId,
        same: claimed.found.fingerprint?.equals(fingerprint) ?? false,
      }
    },
  }
}
