// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Figures {
  '/api/v1/figures': {
    /** Figures of a range of time */
    get: {
      query: { range?: "1h" | "24h" | "7d" | "30d" | "90d"; flow?: string; source?: string; compare?: "previous" }
      answer: { grain: "minute" | "hour"; now: { from: string; to: string; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number | null; revenue: number | null; currencies: ({ currency: string; price: number; revenue: number; margin: number })[]; acceptance_rate: number | null; p50_ms: number | null; p95_ms: number | null; funnel: ({ stage: string; leads: number; lost: number; codes: string[] })[]; reasons: ({ code: string; leads: number })[]; statuses: ({ status: string; leads: number })[]; sources: ({ flow: string; source: string; currency: string | null; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number | null; revenue: number | null })[]; series: ({ at: string; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number | null; revenue: number | null })[] }; before: { from: string; to: string; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number | null; revenue: number | null; currencies: ({ currency: string; price: number; revenue: number; margin: number })[]; acceptance_rate: number | null; p50_ms: number | null; p95_ms: number | null; funnel: ({ stage: string; leads: number; lost: number; codes: string[] })[]; reasons: ({ code: string; leads: number })[]; statuses: ({ status: string; leads: number })[]; sources: ({ flow: string; source: string; currency: string | null; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number | null; revenue: number | null })[]; series: ({ at: string; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number | null; revenue: number | null })[] } | null }
    }
  }
  '/api/v1/live': {
    /** Hear of leads as they change */
    get: {
      answer: string
    }
  }
}
