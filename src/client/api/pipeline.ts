// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Pipeline {
  '/api/admin/lead-pipeline': {
    /** Pause and resume queues, stop all calls, resolve errors */
    post: {
      body: { action: "pause-queues" | "resume-queues" | "emergency-mode" | "pause-tenant-calls" | "resolve-error"; queues?: ("deliveries" | "leads" | "jobs")[]; destinations?: string[]; enabled?: boolean; reason?: string; duration?: number; lead_id?: string; delivery_id?: string; resolution?: "resume" | "replay" | "discard" | "delivered" | "not_delivered" }
      answer: { action: string; done: string[]; holds: ({ scope: string; name: string; since: string; until: string | null; by: string; code: string | null; reason: string | null })[] }
    }
    /** Read a metric of the pipeline */
    get: {
      query: { metric: "queue-status" | "rate-limits" | "error-stats" | "lead-stats" | "call-stats" | "system-health" }
      answer: { metric: string; at: string; data: unknown }
    }
  }
  '/api/v1/pipeline/process': {
    /** Take up unfinished leads now */
    post: {
      body: { flow?: string; source?: string; status?: string; from?: string; to?: string; limit?: number }
      answer: { matched: number; started: number; running: number; waiting_for_person: number }
    }
  }
  '/api/v1/pipeline/process/{lead_id}': {
    /** Take up one unfinished lead now */
    post: {
      path: { lead_id: string }
      answer: { lead_id: string; state: "started" | "running" | "waiting_for_person"; status_url: string }
    }
  }
  '/api/v1/status': {
    /** How the tenant’s leads stand */
    get: {
      answer: { status: "ok" | "draining"; version: string; uptime_s: number; in_flight: number; unfinished: { total: number; due: number; later: number; waiting_for_person: number; oldest_due_at: string | null }; today: { received: number; accepted: number; rejected: number; errors: number; open: number } }
    }
  }
}
