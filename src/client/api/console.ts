// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Console {
  '/api/v1/branding': {
    /** Read name, colour and logo of the console */
    get: {
      answer: { name: string | null; color: string | null; logo: string | null }
    }
    /** Set name, colour and logo of the console */
    put: {
      body: { name: string | null; color: string | null; logo: string | null }
      answer: { name: string | null; color: string | null; logo: string | null }
    }
  }
  '/api/v1/views': {
    /** List your saved views of leads */
    get: {
      answer: { items: ({ id: string; name: string; filter: Record<string, unknown>; created_at: string })[] }
    }
    /** Save a view of leads */
    post: {
      body: { name: string; filter: { flow?: string; source?: string; outcome?: string; status?: string; code?: string; test?: "yes" | "no"; assignee?: string; from?: string; to?: string } }
      answer: { id: string; name: string; filter: Record<string, unknown>; created_at: string }
    }
  }
  '/api/v1/views/{id}': {
    /** Remove a saved view */
    delete: {
      path: { id: string }
      answer: unknown
    }
  }
}
