import type { Static } from 'typebox'
import type { Tenant, TenantLimits } from '../access/tenants.ts'
import type { Limits, PlatformTenant, TenantView } from './contract/tenants.ts'
import { iso, isoOrNull } from './times.ts'

/** Tenants in the shape of the contract. */

const NAMES = {
  leads_month: 'leadsMonth',
  requests_minute: 'requestsMinute',
  source_requests_minute: 'sourceRequestsMinute',
  destinations: 'destinations',
  storage_bytes: 'storageBytes',
} as const satisfies Readonly<Record<string, keyof TenantLimits>>

export const limitsOf = (given: Static<typeof Limits> = {}): Partial<TenantLimits> =>
  Object.fromEntries(
    Object.entries(NAMES).flatMap(([name, own]) => {
      const value = given[name as keyof typeof NAMES]
      return value === undefined ? [] : [[own, value]]
    }),
  )

export const tenantView = ({ limits, usage, ...tenant }: Tenant): Static<typeof TenantView> => ({
  id: tenant.id,
  slug: tenant.slug,
  name: tenant.name,
  enabled: tenant.enabled,
  created_at: iso(tenant.createdAt),
  limits: {
    leads_month: limits.leadsMonth,
    requests_minute: limits.requestsMinute,
    source_requests_minute: limits.sourceRequestsMinute,
    destinations: limits.destinations,
    storage_bytes: limits.storageBytes,
  },
  usage: { leads_this_month: usage.leadsThisMonth, storage_bytes: usage.storageBytes },
  cors_origins: [...tenant.corsOrigins],
})

export const platformView = (tenant: Tenant): Static<typeof PlatformTenant> => ({
  ...tenantView(tenant),
  deleted_at: isoOrNull(tenant.deletedAt),
})
