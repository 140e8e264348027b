// Generated from docs/reference/openapi.json. To make it anew: npm run reference

import type { ApiKeys } from './api-keys.ts'
import type { Alerts } from './alerts.ts'
import type { Audit } from './audit.ts'
import type { Consent } from './consent.ts'
import type { Console } from './console.ts'
import type { Deliveries } from './deliveries.ts'
import type { Destinations } from './destinations.ts'
import type { Figures } from './figures.ts'
import type { Flows } from './flows.ts'
import type { Hooks } from './hooks.ts'
import type { Leads } from './leads.ts'
import type { Login } from './login.ts'
import type { Persons } from './persons.ts'
import type { Pipeline } from './pipeline.ts'
import type { Privacy } from './privacy.ts'
import type { Reviews } from './reviews.ts'
import type { Secrets } from './secrets.ts'
import type { Service } from './service.ts'
import type { Submissions } from './submissions.ts'
import type { SuppressionLists } from './suppression-lists.ts'
import type { Tenants } from './tenants.ts'
import type { Users } from './users.ts'
import type { Webhooks } from './webhooks.ts'

/** What can be asked, at which address, and what is answered. */
export interface Api extends ApiKeys, Alerts, Audit, Consent, Console, Deliveries, Destinations, Figures, Flows, Hooks, Leads, Login, Persons, Pipeline, Privacy, Reviews, Secrets, Service, Submissions, SuppressionLists, Tenants, Users, Webhooks {}
