// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Alerts {
  '/api/v1/alerts': {
    /** List alerts */
    get: {
      query: { state?: "open" | "acknowledged" | "cleared"; limit?: number }
      answer: { items: ({ id: string; kind: string; subject: string; severity: "warning" | "error"; state: "open" | "acknowledged" | "cleared"; code: string | null; count: number; raised_at: string; acknowledged_at: string | null; acknowledged_by: string | null; cleared_at: string | null })[] }
    }
  }
  '/api/v1/alerts/settings': {
    /** Read who is mailed of alerts */
    get: {
      answer: { emails: string[] | null }
    }
    /** Set who is mailed of alerts */
    put: {
      body: { emails: string[] | null }
      answer: { emails: string[] | null }
    }
  }
  '/api/v1/alerts/{id}/acknowledge': {
    /** Say that an alert was seen */
    post: {
      path: { id: string }
      answer: { id: string; kind: string; subject: string; severity: "warning" | "error"; state: "open" | "acknowledged" | "cleared"; code: string | null; count: number; raised_at: string; acknowledged_at: string | null; acknowledged_by: string | null; cleared_at: string | null }
    }
  }
}
