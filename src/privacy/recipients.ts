import type { LoadedLead } from '../journal/read.ts'
import type { Delivery } from '../lead/deliveries.ts'

/** Who has a lead, or what of it they were asked about, and must hear what becomes of it. */
export type Recipient = Pick<Delivery, 'id' | 'key' | 'destination' | 'reference'>

/** Enrichers that were told something of the lead, and that say how they are told on. */
export const askedAbout = ({ events }: Pick<LoadedLead, 'events'>): readonly Recipient[] => {
  const asked = new Map<string, Recipient>()
  for (const { type, data } of events)
    if (type === 'enrichment.started' && data.inquiry !== undefined)
      asked.set(data.inquiry, { id: data.inquiry, key: null, destination: data.enricher, reference: null })
  return [...asked.values()]
}
