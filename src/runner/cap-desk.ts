import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { firstIdAt } from '../base/ids.ts'
import { microsOf } from '../base/money.ts'
import { texts } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import { capScope } from '../handlers/cap-scope.ts'
import type { Caps } from '../handlers/caps.ts'
import { partsOf } from '../journal/append-caps.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { LeadLoader } from '../journal/read.ts'
import { type CompiledCap, capWindow, countText } from '../kit/caps.ts'
import type { CompiledFlow } from '../kit/flow.ts'
import { textOf } from '../kit/values.ts'
import type { Lead } from '../lead/lead.ts'
import type { Catalog } from './catalog.ts'
import { viewOf } from './view.ts'

/** Caps as people see them: what they count now, and what leads before them count for. */

/** A cap in its place in a flow. */
export interface PlacedCap {
  readonly cap: CompiledCap
  /** The step, block or destination it stands in. */
  readonly at: string
  readonly source: string | null
  readonly destination: string | null
  readonly buyer: string | null
  readonly scope: string
}

export interface CapUsed extends PlacedCap {
  /** The window that now lies in, ms since 1970; null for one that slides, or never ends. */
  readonly from: number | null
  readonly until: number | null
  /** In all; of one that counts apart, of the value asked for. */
  readonly used: string | number
  /** Of this, what leads count for that came before the cap was made. */
  readonly history: string | number
  /** Of one that counts apart: how many values have a count now. */
  readonly values: number | null
}

export interface CapDesk {
  /** `by`: the value of a cap that counts apart. Throws Fault `not_found`. */
  usage(asked: { readonly tenantId: string; readonly flow: string; readonly by: string | null }): Promise<CapUsed[]>
  /**
   * Counts the accepted leads of the window now that hold no place in the cap: those from before it was made. Doing it
   * again changes nothing. Throws Fault `not_found` or `invalid_request`.
   */
  recount(asked: {
    readonly tenantId: string
    readonly flow: string
    readonly cap: string
    readonly at: string | null
    readonly onProgress?: (leads: number) => void
  }): Promise<{ readonly leads: number; readonly counted: number }>
}

const PAGE = 200

/** Every cap of a flow, each once. */
const placedCaps = (flow: CompiledFlow): PlacedCap[] => {
  const placed = new Map<string, PlacedCap>()
  for (const source of flow.sources.values())
    for (const step of source.program)
      for (const cap of step.caps?.caps ?? []) {
        const scope = step.caps?.scope ?? step.id
        const own = step.id.startsWith('source.') ? source.id : null
        placed.set(`${scope}|${cap.id}`, { cap, at: step.id, source: own, destination: null, buyer: null, scope })
      }
  for (const { id, terms } of flow.destinations.values())
    for (const { scope, across, caps } of terms?.caps ?? [])
      for (const cap of caps) {
        const buyer = across === null ? null : (terms?.buyer ?? null)
        const at = buyer === null ? `destinations.${id}` : `buyers.${buyer}`
        placed.set(`${across ?? scope}|${cap.id}`, { cap, at, source: null, destination: id, buyer, scope })
      }
  return [...placed.values()]
}

export const createCapDesk = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly catalog: Catalog
  readonly loader: LeadLoader
  readonly caps: Caps
  readonly clock: Clock
}): CapDesk => {
  const { database, keyring, catalog, loader, caps, clock } = options

  const scopeOf = async (tenantId: string, flow: CompiledFlow, placed: PlacedCap, by: string | null) => {
    const { lookup } = await keyring.tenant(tenantId)
    const window = capWindow(placed.cap, clock.now())
    const cap = {
      id: placed.cap.id,
      scope: placed.scope,
      by,
      ...(window.slide && { slide: window.slide }),
      ...(placed.buyer !== null && { across: `buyer/${placed.buyer}` }),
    }
    return { window, scope: capScope({ flow: flow.id, test: false, lookup, cap }) }
  }

  const used = async (tenantId: string, flow: CompiledFlow, placed: PlacedCap, by: string | null): Promise<CapUsed> => {
    const apart = placed.cap.by !== null
    const { window, scope } = await scopeOf(tenantId, flow, placed, apart ? by : null)
    const each = apart && by === null
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: each ? 'cap_usage_of_all' : 'cap_usage_of_one',
          text: `select used::float8 as used, history::float8 as history, buckets::text as buckets from millrace.cap_usage
                 where tenant_id = $1::uuid and window_start = $3::timestamptz
                   and ${each ? 'starts_with(scope, $2)' : 'scope = $2'}`,
          values: [tenantId, each ? `${scope}#` : scope, new Date(window.from)],
        },
      ],
    )
    let sum = 0
    let history = 0
    for (const row of rows) {
      history += row.history as number
      const { slide } = window
      if (!slide) sum += row.used as number
      else for (const [part, count] of partsOf(row.buckets) ?? []) if (part >= slide.since) sum += count
    }
    const sliding = window.slide !== undefined
    return {
      ...placed,
      from: sliding || window.until === null ? null : window.from,
      until: window.until,
      used: countText(placed.cap, sum),
      history: countText(placed.cap, history),
      values: each ? rows.length : null,
    }
  }

  /** What a lead counts for, or null where it does not, or holds a place. */
  const countsFor = (
    asked: { readonly tenantId: string; readonly flow: CompiledFlow; readonly placed: PlacedCap },
    lead: Lead,
  ): { readonly by: string | null; readonly amount: number } | null => {
    const { flow, placed } = asked
    const { cap, destination } = placed
    const source = flow.sources.get(lead.source)
    if (!source) return null
    const view = viewOf({ lead, flow, source, now: lead.receivedAt })
    if (cap.when && !cap.when.holds(view)) return null
    const sold = [...lead.deliveries.values()].find(
      (each) => each.destination === destination && each.outcome === 'success',
    )
    if (destination !== null && !sold) return null
    const price =
      destination === null ? { amount: lead.closed?.price ?? '0', currency: lead.currency } : (sold?.revenue ?? null)
    if (cap.currency !== null && price !== null && price.currency !== cap.currency) return null
    const amount = cap.currency === null ? 1 : price === null ? 0 : microsOf(price)
    return { by: cap.by === null ? null : textOf(cap.by.value(view)), amount }
  }

  const writeHistory = (tenantId: string, from: number, sums: ReadonlyMap<string, number>) =>
    database.batch(
      [tenantId],
      [
        {
          text: `insert into millrace.cap_usage as u (tenant_id, scope, window_start, used, history)
                 select $1::uuid, scope, $3::timestamptz, counted::numeric, counted::numeric
                 from unnest($2::text[], $4::text[]) as w(scope, counted) order by scope
                 on conflict (tenant_id, scope, window_start) do update
                   set version = u.version + 1, used = greatest(0, u.used - u.history + excluded.history), history = excluded.history`,
          values: [tenantId, texts([...sums.keys()]), new Date(from), texts([...sums.values()].map(String))],
        },
      ],
    )

  return {
    usage: async ({ tenantId, flow: id, by }) => {
      const flow = await catalog.current(tenantId, id)
      const all: CapUsed[] = []
      for (const placed of placedCaps(flow)) all.push(await used(tenantId, flow, placed, by))
      return all
    },
    recount: async ({ tenantId, flow: id, cap, at, onProgress }) => {
      const flow = await catalog.current(tenantId, id)
      const named = placedCaps(flow).filter((each) => each.cap.id === cap && (at === null || each.at === at))
      const [placed, other] = named
      if (!placed)
        throw new Fault('not_found', { message: `Flow "${id}" has no cap "${cap}"${at === null ? '' : ` at ${at}`}` })
      if (other)
        throw new Fault('invalid_request', {
          message: `There are several caps "${cap}": say where (${named.map((each) => each.at).join(', ')})`,
        })
      if (placed.cap.sliding)
        throw new Fault('invalid_request', {
          message: `Cap "${cap}" slides: leads from before it are soon out of its window`,
        })
      const { window } = await scopeOf(tenantId, flow, placed, null)
      const sums = new Map<string, number>()
      let after = firstIdAt(window.from)
      let leads = 0
      let counted = 0
      for (;;) {
        const [rows = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'leads_to_count',
              text: `select id from millrace.lead
                     where tenant_id = $1::uuid and id > $2::uuid and flow_id = $3 and outcome = 'success' and not test
                       and ($4::text is null or source_id = $4::text)
                     order by id limit ${PAGE}`,
              values: [tenantId, after, id, placed.source],
            },
          ],
        )
        for (const row of rows) {
          after = row.id as string
          leads += 1
          const loaded = await loader.load(tenantId, after)
          const found = loaded?.key ? countsFor({ tenantId, flow, placed }, loaded.lead) : null
          if (!loaded || !found) continue
          const { scope } = await scopeOf(tenantId, flow, placed, found.by)
          const holds = loaded.lead.holds.caps.some((place) => place.scope === scope && place.from === window.from)
          if (holds) continue
          sums.set(scope, (sums.get(scope) ?? 0) + found.amount)
          counted += 1
        }
        onProgress?.(leads)
        if (rows.length < PAGE) break
      }
      if (sums.size > 0) await writeHistory(tenantId, window.from, sums)
      caps.forget(
        tenantId,
        [...sums.keys()].map((scope) => ({ scope, from: window.from })),
      )
      return { leads, counted }
    },
  }
}
