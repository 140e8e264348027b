// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Submissions {
  '/api/v1/leads': {
    /** Submit a lead to the flow and source of its key */
    post: {
      query: { mode?: "sync" | "async"; key?: string; test?: string }
      body: Record<string, unknown> | string
      answer: { outcome: "success" | "failure" | "error" | "pending"; lead_id: string; accepted: boolean | null; price: number; duration: number; reason: string | null; code: string | null; field_errors?: Record<string, string>; duplicate_of?: string; destinations: Record<string, { outcome: "success" | "failure" | "error" | "pending"; id?: string; reason?: string; code?: string }>; test?: boolean; status_url?: string }
    }
    /** List leads, newest first */
    get: {
      query: { limit?: number; cursor?: string; flow?: string; source?: string; outcome?: string; status?: string; code?: string; test?: "yes" | "no"; assignee?: string; from?: string; to?: string }
      answer: { items: ({ id: string; flow: string; flow_version: number; source: string; status: string; outcome: string | null; code: string | null; price: number | null; revenue: number | null; currency: string | null; duration_ms: number | null; test: boolean; duplicate_of: string | null; person_id: string | null; assignee: string | null; received_at: string; closed_at: string | null })[]; next_cursor: string | null }
    }
  }
  '/api/v1/leads/batch': {
    /** Submit many leads at once */
    post: {
      query: { mode?: "sync" | "async"; key?: string }
      body: (Record<string, unknown>)[] | { leads: (Record<string, unknown>)[]; flow?: string; source?: string }
      answer: { total: number; accepted: number; rejected: number; pending: number; failed: number; results: ({ index: number; status: number; lead_id: string | null; answer: null | { outcome: "success" | "failure" | "error" | "pending"; lead_id: string; accepted: boolean | null; price: number; duration: number; reason: string | null; code: string | null; field_errors?: Record<string, string>; duplicate_of?: string; destinations: Record<string, { outcome: "success" | "failure" | "error" | "pending"; id?: string; reason?: string; code?: string }>; test?: boolean; status_url?: string }; error: { code?: string; detail?: string } | null })[] }
    }
  }
  '/flows/{flow}/sources/{source}/submit': {
    /** Submit a lead */
    post: {
      path: { flow: string; source: string }
      query: { mode?: "sync" | "async"; key?: string; test?: string }
      body: Record<string, unknown> | string
      answer: { outcome: "success" | "failure" | "error" | "pending"; lead_id: string; accepted: boolean | null; price: number; duration: number; reason: string | null; code: string | null; field_errors?: Record<string, string>; duplicate_of?: string; destinations: Record<string, { outcome: "success" | "failure" | "error" | "pending"; id?: string; reason?: string; code?: string }>; test?: boolean; status_url?: string }
    }
    /** Submit a lead in an address */
    get: {
      path: { flow: string; source: string }
      query: { mode?: "sync" | "async"; key?: string; test?: string }
      answer: { outcome: "success" | "failure" | "error" | "pending"; lead_id: string; accepted: boolean | null; price: number; duration: number; reason: string | null; code: string | null; field_errors?: Record<string, string>; duplicate_of?: string; destinations: Record<string, { outcome: "success" | "failure" | "error" | "pending"; id?: string; reason?: string; code?: string }>; test?: boolean; status_url?: string }
    }
  }
}
