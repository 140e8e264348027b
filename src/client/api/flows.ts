// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Flows {
  '/api/v1/caps': {
    /** Show what the caps of all flows count now */
    get: {
      answer: { items: ({ flow: string; id: string; at: string; source: string | null; destination: string | null; buyer: string | null; per: string; sliding: boolean; zone: string; when: string | null; by: string | null; max: number | string; used: number | string; history: number | string; values: number | null; from: string | null; until: string | null })[] }
    }
  }
  '/api/v1/flows': {
    /** List the flows */
    get: {
      answer: { items: ({ id: string; version: number; enabled: boolean; published_at: string })[] }
    }
    /** Publish a flow */
    post: {
      body: { document: string; note?: string; base_version?: number } | string
      answer: { flow: string; version: number; source_keys: ({ source: string; key: string })[] }
    }
  }
  '/api/v1/flows/check': {
    /** Check a draft */
    post: {
      body: { document: string }
      answer: { problems: ({ code: string; message: string; line: number; column: number; path: string; expected: string | null; suggestion: string | null })[] }
    }
  }
  '/api/v1/flows/{id}': {
    /** Read a flow and its versions */
    get: {
      path: { id: string }
      answer: { id: string; version: number; enabled: boolean; published_at: string; document: string; versions: ({ version: number; published_at: string; published_by: string; note: string | null })[] }
    }
  }
  '/api/v1/flows/{id}/caps': {
    /** Show what the caps of a flow count now */
    get: {
      path: { id: string }
      query: { by?: string }
      answer: { items: ({ id: string; at: string; source: string | null; destination: string | null; buyer: string | null; per: string; sliding: boolean; zone: string; when: string | null; by: string | null; max: number | string; used: number | string; history: number | string; values: number | null; from: string | null; until: string | null })[] }
    }
  }
  '/api/v1/flows/{id}/caps/{cap}/recount': {
    /** Let leads from before a cap was made count in its window */
    post: {
      path: { id: string; cap: string }
      body: { at?: string }
      answer: { leads: number; counted: number }
    }
  }
  '/api/v1/flows/{id}/preview': {
    /** Try a flow on a lead */
    post: {
      path: { id: string }
      body: { lead_id?: string; lead?: string | Record<string, unknown>; values?: Record<string, unknown>; source?: string; version?: number; document?: string; test?: boolean; partial?: boolean; now?: string }
      answer: { flow: string; version: number | null; source: string; lead_id: string | null; fields: ({ name: string; type: string; from: ({ way: "name" | "path" | "template" | "value" | "computed"; text: string })[]; raw: unknown; normal: unknown; valid: boolean; masked: boolean; parts: unknown })[]; extra: unknown; steps: ({ id: string; type: string; reached: boolean; outcome: "success" | "failure" | "skip" | "rejected" | "stopped" | "skipped" | "asks" | "fault"; code: string | null; reason: string | null; field_errors: unknown; asks: string | null; when: { path: string; text: string; holds: boolean; saw: unknown; unmet: ({ wanted: string; saw: unknown })[] } | null; rules: ({ path: string; text: string; holds: boolean; saw: unknown; unmet: ({ wanted: string; saw: unknown })[] })[]; expressions: ({ path: string; text: string; value: unknown; missing: string[] })[]; templates: ({ path: string; text: string; value: unknown; missing: string[] })[]; set: unknown })[]; after: unknown }
    }
  }
  '/api/v1/flows/{id}/rollback': {
    /** Publish an earlier version again */
    post: {
      path: { id: string }
      body: { version: number; note?: string }
      answer: { flow: string; version: number; source_keys: ({ source: string; key: string })[] }
    }
  }
  '/api/v1/flows/{id}/sources/{source}/posting': {
    /** Read the posting instructions of a source */
    get: {
      path: { id: string; source: string }
      answer: { page_url: string; openapi_url: string; submit_url: string; flow: string; version: number; source: string; enabled: boolean; fields: ({ key: string; field: string; label: string; type: string; required: boolean; example: string })[]; rules: ({ of: "flow" | "source"; words: string; reason: string | null })[]; samples: ({ format: "json" | "form" | "xml" | "query"; method: "POST" | "GET"; content_type: string | null; query: string; body: string | null })[]; unmet: string[]; openapi: unknown }
    }
  }
  '/api/v1/flows/{id}/versions/{version}': {
    /** Read a version of a flow */
    get: {
      path: { id: string; version: number }
      answer: { flow: string; version: number; document: string; published_at: string; published_by: string; note: string | null }
    }
  }
  '/api/v1/rules/convert': {
    /** Convert a rule */
    post: {
      body: { rule: unknown; flow?: string }
      answer: { text: string; structured: unknown; problems: ({ code: string; message: string; expected: string | null })[] }
    }
  }
  '/api/v1/sources': {
    /** List the sources of all flows */
    get: {
      answer: { items: ({ flow: string; id: string; name: string; enabled: boolean; adapter: string | null; price: unknown; submit_url: string; keys: ({ hint: string; enabled: boolean; created_at: string })[] })[] }
    }
  }
  '/api/v1/sources/{flow}/{source}/test': {
    /** Submit a test lead to a source */
    post: {
      path: { flow: string; source: string }
      body: { values: Record<string, unknown> }
      answer: { outcome: "success" | "failure" | "error" | "pending"; lead_id: string; accepted: boolean | null; price: number; duration: number; reason: string | null; code: string | null; field_errors?: Record<string, string>; duplicate_of?: string; destinations: Record<string, { outcome: "success" | "failure" | "error" | "pending"; id?: string; reason?: string; code?: string }>; test?: boolean; status_url?: string }
    }
  }
}
