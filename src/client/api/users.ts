// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Users {
  '/api/v1/roles': {
    /** List the roles, and what each may do */
    get: {
      answer: { items: ({ role: string; summary: string; grants: Record<string, "all" | "own"> })[] }
    }
  }
  '/api/v1/users': {
    /** List the users */
    get: {
      query: { limit?: number; cursor?: string }
      answer: { items: ({ id: string; email: string; role: string; partner: { flow?: string; source?: string; destination?: string } | null; enabled: boolean; joined: boolean; second_factor: boolean; created_at: string; last_login_at: string | null })[]; next_cursor: string | null }
    }
    /** Invite a user */
    post: {
      body: { email: string; role: string; partner?: { flow?: string; source?: string; destination?: string } | null }
      answer: { user: { id: string; email: string; role: string; partner: { flow?: string; source?: string; destination?: string } | null; enabled: boolean; joined: boolean; second_factor: boolean; created_at: string; last_login_at: string | null }; invitation: { url: string; expires_at: string; mailed: boolean } }
    }
  }
  '/api/v1/users/{id}': {
    /** Read a user */
    get: {
      path: { id: string }
      answer: { id: string; email: string; role: string; partner: { flow?: string; source?: string; destination?: string } | null; enabled: boolean; joined: boolean; second_factor: boolean; created_at: string; last_login_at: string | null }
    }
    /** Change a role, or switch a user off */
    patch: {
      path: { id: string }
      body: { role?: string; partner?: { flow?: string; source?: string; destination?: string } | null; enabled?: boolean }
      answer: { id: string; email: string; role: string; partner: { flow?: string; source?: string; destination?: string } | null; enabled: boolean; joined: boolean; second_factor: boolean; created_at: string; last_login_at: string | null }
    }
    /** Remove a user */
    delete: {
      path: { id: string }
      answer: undefined
    }
  }
  '/api/v1/users/{id}/link': {
    /** Make a new link for a user */
    post: {
      path: { id: string }
      answer: { url: string; expires_at: string; mailed: boolean }
    }
  }
  '/api/v1/users/{id}/sessions': {
    /** List a user's sessions */
    get: {
      path: { id: string }
      answer: { items: ({ id: string; kind: "token" | "cookie"; current: boolean; created_at: string; last_seen_at: string; expires_at: string; ip: string | null; user_agent: string | null })[] }
    }
    /** End all of a user's sessions */
    delete: {
      path: { id: string }
      answer: undefined
    }
  }
}
