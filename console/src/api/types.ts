/** The shapes of the public API, taken from its contract. */
import type { Static } from 'typebox'
import type { AllCaps as AllCapsSchema } from '../../../src/api/contract/caps.ts'
import type { Branding as BrandingSchema, SourceList as SourceListSchema } from '../../../src/api/contract/console.ts'
import type {
  DeliveryDetail as DeliveryDetailSchema,
  DeliveryPage as DeliveryPageSchema,
} from '../../../src/api/contract/deliveries.ts'
import type {
  BuyerList as BuyerListSchema,
  DestinationList as DestinationListSchema,
  DestinationTrial as DestinationTrialSchema,
  DestinationTypes as DestinationTypesSchema,
} from '../../../src/api/contract/destinations.ts'
import type {
  FlowDetail as FlowDetailSchema,
  FlowSummary as FlowSummarySchema,
} from '../../../src/api/contract/flows.ts'
import type { KeyPage as KeyPageSchema } from '../../../src/api/contract/keys.ts'
import type {
  EventList as EventListSchema,
  LeadDetail as LeadDetailSchema,
  LeadPage as LeadPageSchema,
  LeadSummary as LeadSummarySchema,
} from '../../../src/api/contract/leads.ts'
import type { ListSummary as ListSummarySchema } from '../../../src/api/contract/lists.ts'
import type {
  AccountDetail as AccountDetailSchema,
  PersonDetail as PersonDetailSchema,
  PersonPage as PersonPageSchema,
  Timeline as TimelineSchema,
} from '../../../src/api/contract/persons.ts'
import type {
  ConsentState as ConsentStateSchema,
  HoldSummary as HoldSummarySchema,
} from '../../../src/api/contract/privacy.ts'
import type { SecretSummary as SecretSummarySchema } from '../../../src/api/contract/secrets.ts'
import type { UserView as UserViewSchema } from '../../../src/api/contract/users.ts'

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
export type Destination = Static<typeof DestinationListSchema>['items'][number]
export type DestinationType = Static<typeof DestinationTypesSchema>['items'][number]
export type Trial = Static<typeof DestinationTrialSchema>
export type Buyer = Static<typeof BuyerListSchema>['items'][number]
export type CapUse = Static<typeof AllCapsSchema>['items'][number]
export type DeliverySummary = Static<typeof DeliveryPageSchema>['items'][number]
export type DeliveryRead = Static<typeof DeliveryDetailSchema>
export type PersonPage = Static<typeof PersonPageSchema>
export type PersonSummary = PersonPage['items'][number]
export type PersonDetail = Static<typeof PersonDetailSchema>
export type TimelineItem = Static<typeof TimelineSchema>['items'][number]
export type Account = Static<typeof AccountDetailSchema>
export type ConsentState = Static<typeof ConsentStateSchema>
export type Hold = Static<typeof HoldSummarySchema>
export type ApiKey = Static<typeof KeyPageSchema>['items'][number]
export type User = Static<typeof UserViewSchema>
