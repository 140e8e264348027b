/** The shapes of the public API, taken from its contract. */
import type { Static } from 'typebox'
import type { Branding as BrandingSchema, SourceList as SourceListSchema } from '../../../src/api/contract/console.ts'
import type {
  FlowDetail as FlowDetailSchema,
  FlowSummary as FlowSummarySchema,
} from '../../../src/api/contract/flows.ts'
import type {
  EventList as EventListSchema,
  LeadDetail as LeadDetailSchema,
  LeadPage as LeadPageSchema,
  LeadSummary as LeadSummarySchema,
} from '../../../src/api/contract/leads.ts'
import type { ListSummary as ListSummarySchema } from '../../../src/api/contract/lists.ts'
import type { SecretSummary as SecretSummarySchema } from '../../../src/api/contract/secrets.ts'

export type LeadSummary = Static<typeof LeadSummarySchema>
export type LeadPage = Static<typeof LeadPageSchema>
export type LeadDetail = Static<typeof LeadDetailSchema>
export type LeadEvent = Static<typeof EventListSchema>['items'][number]
export type FlowSummary = Static<typeof FlowSummarySchema>
export type FlowDetail = Static<typeof FlowDetailSchema>
export type ListSummary = Static<typeof ListSummarySchema>
export type SecretSummary = Static<typeof SecretSummarySchema>
export type SourceSummary = Static<typeof SourceListSchema>['items'][number]
export type BrandingAnswer = Static<typeof BrandingSchema>
