// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface ApiKeys {
  '/api/v1/keys': {
    /** List the API keys */
    get: {
      query: { limit?: number; cursor?: string }
      answer: { items: ({ id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null })[]; next_cursor: string | null }
    }
    /** Make an API key */
    post: {
      body: { name: string; scopes: string[]; flow?: string; source?: string; expires_at?: string }
      answer: { key: { id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null }; secret: string }
    }
  }
  '/api/v1/keys/{id}': {
    /** Read an API key */
    get: {
      path: { id: string }
      answer: { id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null }
    }
    /** Rename an API key, switch it off, or let it expire */
    patch: {
      path: { id: string }
      body: { name?: string; enabled?: boolean; expires_at?: string | null }
      answer: { id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null }
    }
    /** Remove an API key */
    delete: {
      path: { id: string }
      answer: undefined
    }
  }
  '/api/v1/keys/{id}/rotate': {
    /** Exchange an API key */
    post: {
      path: { id: string }
      body: { overlap_s?: number }
      answer: { key: { id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null }; secret: string; old: { id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null } }
    }
  }
  '/oauth/token': {
    /** Get an access token for an API key */
    post: {
      body: { grant_type?: string; client_id?: string; client_secret?: string; scope?: string } | string
      answer: { access_token: string; token_type: "Bearer"; expires_in: number; scope: string }
    }
  }
}
