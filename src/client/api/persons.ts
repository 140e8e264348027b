// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Persons {
  '/api/v1/accounts': {
    /** List organisations that persons speak for, newest first */
    get: {
      query: { limit?: number; cursor?: string }
      answer: { items: ({ id: string; name: string; domain: string | null; created_at: string; persons: number })[]; next_cursor: string | null }
    }
  }
  '/api/v1/accounts/{id}': {
    /** Read an organisation that persons speak for */
    get: {
      path: { id: string }
      answer: { id: string; name: string; domain: string | null; created_at: string; persons: number }
    }
  }
  '/api/v1/persons': {
    /** List persons, newest first */
    get: {
      query: { limit?: number; cursor?: string; account?: string; fields?: "shown" | "hidden" }
      answer: { items: ({ id: string; account_id: string | null; created_at: string; test: boolean; persons: string[]; leads: number; personal?: "shown" | "masked"; fields?: Record<string, { value: unknown; valid: boolean; rule: string | null; others: number; lead_id: string; flow: string; source: string; at: string }> })[]; next_cursor: string | null }
    }
  }
  '/api/v1/persons/search': {
    /** Find persons by an email or phone that one of their leads gave */
    post: {
      body: { email?: string; phone?: string; flow?: string; country?: string }
      answer: { items: ({ id: string; account_id: string | null; created_at: string; test: boolean; persons: string[]; leads: number; personal?: "shown" | "masked"; fields?: Record<string, { value: unknown; valid: boolean; rule: string | null; others: number; lead_id: string; flow: string; source: string; at: string }> })[]; next_cursor: string | null }
    }
  }
  '/api/v1/persons/survivorship': {
    /** Read which of several values is a person’s */
    get: {
      answer: { otherwise: ("verified" | "trusted" | "newest" | "longest")[]; fields: Record<string, ("verified" | "trusted" | "newest" | "longest")[]>; trusted: string[] }
    }
    /** Say which of several values is a person’s */
    put: {
      body: { otherwise: ("verified" | "trusted" | "newest" | "longest")[]; fields: Record<string, ("verified" | "trusted" | "newest" | "longest")[]>; trusted: string[] }
      answer: { otherwise: ("verified" | "trusted" | "newest" | "longest")[]; fields: Record<string, ("verified" | "trusted" | "newest" | "longest")[]>; trusted: string[] }
    }
  }
  '/api/v1/persons/{id}': {
    /** Read a person */
    get: {
      path: { id: string }
      query: { personal?: "shown" | "masked" }
      answer: { id: string; account_id: string | null; created_at: string; test: boolean; persons: string[]; leads: number; personal: "shown" | "masked"; fields: Record<string, { value: unknown; valid: boolean; rule: string | null; others: number; lead_id: string; flow: string; source: string; at: string }> }
    }
  }
  '/api/v1/persons/{id}/merge': {
    /** Say that persons are one */
    post: {
      path: { id: string }
      body: { persons: string[] }
      answer: { id: string; other: string | null; events: string[] }
    }
  }
  '/api/v1/persons/{id}/split': {
    /** Say that leads are another person’s */
    post: {
      path: { id: string }
      body: { leads: string[] }
      answer: { id: string; other: string | null; events: string[] }
    }
  }
  '/api/v1/persons/{id}/timeline': {
    /** Read what happened with a person, over all its leads */
    get: {
      path: { id: string }
      query: { limit?: number; cursor?: string }
      answer: { items: ({ at: string; type: "lead" | "merged" | "unmerged" | "split" | "kept_apart"; id: string; person: string; persons: string[]; by: string | null; undoes: string | null; lead_id: string | null; flow: string | null; source: string | null; status: string | null; outcome: string | null; code: string | null })[]; next_cursor: string | null }
    }
  }
  '/api/v1/persons/{id}/unmerge': {
    /** Take a merge back */
    post: {
      path: { id: string }
      body: { event: string }
      answer: { id: string; other: string | null; events: string[] }
    }
  }
}
