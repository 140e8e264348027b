// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Tenants {
  '/api/v1/platform/tenants': {
    /** List all tenants */
    get: {
      answer: { items: ({ id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[]; deleted_at: string | null })[] }
    }
    /** Make a tenant */
    post: {
      body: { slug: string; name?: string; limits?: { leads_month?: number | null; requests_minute?: number | null; source_requests_minute?: number | null; destinations?: number | null; storage_bytes?: number | null }; owner_email?: string }
      answer: { tenant: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[]; deleted_at: string | null }; invitation: { url?: string; expires_at?: string; mailed?: boolean } | null }
    }
  }
  '/api/v1/platform/tenants/{id}': {
    /** Read a tenant */
    get: {
      path: { id: string }
      answer: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[]; deleted_at: string | null }
    }
    /** Suspend, resume or limit a tenant */
    patch: {
      path: { id: string }
      body: { name?: string; enabled?: boolean; limits?: { leads_month?: number | null; requests_minute?: number | null; source_requests_minute?: number | null; destinations?: number | null; storage_bytes?: number | null }; cors_origins?: string[] }
      answer: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[]; deleted_at: string | null }
    }
    /** Delete a suspended tenant */
    delete: {
      path: { id: string }
      answer: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[]; deleted_at: string | null }
    }
  }
  '/api/v1/tenant': {
    /** Read the tenant: its settings, limits and use */
    get: {
      answer: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[] }
    }
    /** Change the settings of the tenant */
    patch: {
      body: { name?: string; cors_origins?: string[] }
      answer: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[] }
    }
  }
}
