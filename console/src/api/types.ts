/** The shapes of the public API, as its description gives them. */
import type { Api } from '../../../src/client/api/index.ts'
import type { Method, Output, Path } from '../../../src/client/client.ts'

type At<P extends Path, M extends keyof Api[P] & Method> = Output<P, M>
type ItemOf<List extends { readonly items: readonly unknown[] }> = List['items'][number]

export type LeadPage = At<'/api/v1/leads', 'get'>
export type LeadSummary = ItemOf<LeadPage>
export type LeadDetail = At<'/api/v1/leads/{id}', 'get'>
export type LeadEvent = ItemOf<At<'/api/v1/leads/{id}/events', 'get'>>
export type FlowDetail = At<'/api/v1/flows/{id}', 'get'>
export type ListSummary = ItemOf<At<'/api/v1/lists', 'get'>>
export type SecretSummary = ItemOf<At<'/api/v1/secrets', 'get'>>
export type SourceSummary = ItemOf<At<'/api/v1/sources', 'get'>>
export type BrandingAnswer = At<'/api/v1/branding', 'get'>
export type Destination = ItemOf<At<'/api/v1/destinations', 'get'>>
export type DestinationType = ItemOf<At<'/api/v1/destinations/types', 'get'>>
export type Trial = At<'/api/v1/destinations/test', 'post'>
export type Buyer = ItemOf<At<'/api/v1/buyers', 'get'>>
export type CapUse = ItemOf<At<'/api/v1/caps', 'get'>>
export type DeliverySummary = ItemOf<At<'/api/v1/deliveries', 'get'>>
export type PersonSummary = ItemOf<At<'/api/v1/persons', 'get'>>
export type PersonDetail = At<'/api/v1/persons/{id}', 'get'>
export type TimelineItem = ItemOf<At<'/api/v1/persons/{id}/timeline', 'get'>>
export type Account = ItemOf<At<'/api/v1/accounts', 'get'>>
export type ConsentState = At<'/api/v1/consent/state', 'post'>
export type Hold = ItemOf<At<'/api/v1/privacy/holds', 'get'>>
export type ApiKey = ItemOf<At<'/api/v1/keys', 'get'>>
export type User = ItemOf<At<'/api/v1/users', 'get'>>
export type AuditEntry = ItemOf<At<'/api/v1/audit', 'get'>>
export type Preview = At<'/api/v1/flows/{id}/preview', 'post'>
