// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface SuppressionLists {
  '/api/v1/lists': {
    /** List the suppression lists */
    get: {
      answer: { items: ({ id: string; label: string; entries: number; created_at: string })[] }
    }
  }
  '/api/v1/lists/query': {
    /** Look values up in several lists at once */
    post: {
      body: { values: (string | string[])[]; types?: string[]; country?: string; lists?: string[]; within_s?: number }
      answer: { items: ({ found: boolean; lists: ({ id: string; label: string; added_at: string; expires_at: string | null })[] })[] }
    }
  }
  '/api/v1/lists/{id}': {
    /** Read a list */
    get: {
      path: { id: string }
      answer: { id: string; label: string; entries: number; created_at: string }
    }
    /** Make a list, or give it another label */
    put: {
      path: { id: string }
      body: { label: string }
      answer: { id: string; label: string; entries: number; created_at: string }
    }
    /** Remove a list with all its entries */
    delete: {
      path: { id: string }
      answer: { removed: boolean }
    }
  }
  '/api/v1/lists/{id}/check': {
    /** Look values up in a list and add those that do not stand there */
    post: {
      path: { id: string }
      body: { values: (string | string[])[]; types?: string[]; country?: string; expires_at?: string; within_s?: number }
      answer: { added: number; items: ({ found: boolean; added_at: string | null })[] }
    }
  }
  '/api/v1/lists/{id}/entries': {
    /** Add values to a list, all or none */
    post: {
      path: { id: string }
      query: { type?: string; country?: string; expires_at?: string }
      body: { values: (string | string[])[]; types?: string[]; country?: string; expires_at?: string } | string
      answer: { added: number }
    }
    /** Remove values from a list */
    delete: {
      path: { id: string }
      body: { values: (string | string[])[]; types?: string[]; country?: string }
      answer: { removed: number }
    }
  }
  '/api/v1/lists/{id}/imports': {
    /** List the imports of a list, the newest first */
    get: {
      path: { id: string }
      answer: { items: ({ name: string; state: "running" | "done" | "broken"; rows: number; added: number; rejected: number; problems: ({ line: number; reason: string })[]; started_at: string; changed_at: string })[] }
    }
  }
  '/api/v1/lists/{id}/imports/{name}': {
    /** Add the values of a file of any length to a list */
    put: {
      path: { id: string; name: string }
      query: { column?: string; type?: string; country?: string; expires_at?: string }
      answer: { name: string; state: "running" | "done" | "broken"; rows: number; added: number; rejected: number; problems: ({ line: number; reason: string })[]; started_at: string; changed_at: string; passed_over: number }
    }
    /** Read how far an import of a list has come */
    get: {
      path: { id: string; name: string }
      answer: { name: string; state: "running" | "done" | "broken"; rows: number; added: number; rejected: number; problems: ({ line: number; reason: string })[]; started_at: string; changed_at: string }
    }
  }
}
