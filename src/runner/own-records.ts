/** What a lead is found and compared by on its own, whomever it was taken for when it came. */
import { keyedHash8, seal } from '../base/seal.ts'
import type { Database } from '../database/pool.ts'
import type { LookUp } from '../handlers/look-up.ts'
import type { Models } from '../handlers/models.ts'
import { createPersonFinder } from '../handlers/person-finder.ts'
import { placeAt, tenantPlaces } from '../handlers/person-look-up.ts'
import type { OwnRecord, OwnRecords } from '../journal/person-writes.ts'
import type { LeadLoader } from '../journal/read.ts'
import type { LeadRow } from '../journal/types.ts'
import type { RequestInput } from '../kit/requests.ts'
import type { Lead } from '../lead/lead.ts'
import type { Catalog } from './catalog.ts'
import { viewOf } from './view.ts'

const cameToNothing = ({ outcome }: LeadRow): boolean => outcome !== null && outcome !== 'success'

export const createOwnRecords = (options: {
  readonly database: Database
  readonly models: Models
  readonly lookUp: LookUp
  readonly loader: LeadLoader
  readonly catalog: Catalog
}): OwnRecords => {
  const { loader, catalog } = options
  // Whoever writes by what is read here meets the index of places where it is out of date: no turn tells.
  const finder = createPersonFinder({ ...options, turn: () => 0 })

  /** What the step that decided whom it belongs to asked of it; null: none did. */
  const askedOf = async (lead: Lead): Promise<RequestInput<'identity.match'> | null> => {
    const flow = await catalog.version(lead.tenantId, lead.flow, lead.flowVersion)
    const source = flow.sources.get(lead.source)
    if (!source) return null
    const view = viewOf({ lead, flow, source, now: lead.receivedAt })
    for (const step of source.program) {
      const request = lead.decided[step.id] && step.foresee?.(view)
      if (request && request.kind === 'identity.match') return request.input
    }
    return null
  }

  return async (tenantId, leads) => {
    const records: OwnRecord[] = []
    for (const leadId of leads) {
      const loaded = await loader.salvage(tenantId, leadId)
      const personId = loaded?.row.person_id
      if (!loaded?.key || !personId || loaded.failure !== null) continue
      const { lead, keys: tenant, key, row } = loaded
      const input = await askedOf(lead)
      if (input === null || (cameToNothing(row) && !input.keptWhenRejected)) continue
      const prepared = finder.prepare(tenant, lead.test, input)
      if (prepared.keys.length === 0) continue
      const { keys, places } = await finder.find(tenant, lead.test, prepared)
      const own = tenantPlaces(keyedHash8(tenant.lookup, 'places'))
      const text = JSON.stringify(prepared.row)
      records.push({
        leadId,
        personId,
        text,
        sealed: seal(key, text),
        keys: keys.flatMap(({ hash }, at) => {
          const state = places[at]
          return !state || state.isCrowded ? [] : [{ key: hash, place: placeAt(own, state.last + 1) }]
        }),
      })
    }
    return records
  }
}
