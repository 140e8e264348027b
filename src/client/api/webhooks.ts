// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Webhooks {
  '/api/v1/webhooks': {
    /** List webhooks */
    get: {
      answer: { items: ({ id: string; name: string; host: string; events: string[]; flows: string[] | null; fields: boolean; tests: boolean; enabled: boolean; code: string | null; previous_secret_until: string | null; waiting: number; dead: number; created_at: string; changed_at: string })[] }
    }
    /** Subscribe to what happens to leads */
    post: {
      body: { url: string; events: ("lead.received" | "lead.accepted" | "lead.rejected" | "lead.failed" | "lead.parked" | "lead.reopened" | "lead.rectified" | "lead.erased" | "review.requested" | "review.decided" | "delivery.succeeded" | "delivery.refused" | "delivery.retrying" | "delivery.failed" | "delivery.unknown" | "alert.raised" | "alert.cleared")[]; name?: string; flows?: string[] | null; fields?: boolean; tests?: boolean; enabled?: boolean }
      answer: { id: string; name: string; host: string; events: string[]; flows: string[] | null; fields: boolean; tests: boolean; enabled: boolean; code: string | null; previous_secret_until: string | null; waiting: number; dead: number; created_at: string; changed_at: string; secret: string }
    }
  }
  '/api/v1/webhooks/{id}': {
    /** Read a webhook */
    get: {
      path: { id: string }
      answer: { id: string; name: string; host: string; events: string[]; flows: string[] | null; fields: boolean; tests: boolean; enabled: boolean; code: string | null; previous_secret_until: string | null; waiting: number; dead: number; created_at: string; changed_at: string }
    }
    /** Change a webhook */
    patch: {
      path: { id: string }
      body: { url?: string; events?: ("lead.received" | "lead.accepted" | "lead.rejected" | "lead.failed" | "lead.parked" | "lead.reopened" | "lead.rectified" | "lead.erased" | "review.requested" | "review.decided" | "delivery.succeeded" | "delivery.refused" | "delivery.retrying" | "delivery.failed" | "delivery.unknown" | "alert.raised" | "alert.cleared")[]; name?: string; flows?: string[] | null; fields?: boolean; tests?: boolean; enabled?: boolean }
      answer: { id: string; name: string; host: string; events: string[]; flows: string[] | null; fields: boolean; tests: boolean; enabled: boolean; code: string | null; previous_secret_until: string | null; waiting: number; dead: number; created_at: string; changed_at: string }
    }
    /** Unsubscribe */
    delete: {
      path: { id: string }
      answer: { id: string; name: string; host: string; events: string[]; flows: string[] | null; fields: boolean; tests: boolean; enabled: boolean; code: string | null; previous_secret_until: string | null; waiting: number; dead: number; created_at: string; changed_at: string }
    }
  }
  '/api/v1/webhooks/{id}/events': {
    /** List what a webhook is owed and was sent */
    get: {
      path: { id: string }
      query: { state?: "waiting" | "sent" | "dead"; limit?: number }
      answer: { items: ({ id: string; type: string; subject: string; state: string; attempts: number; code: string | null; status: number | null; at: string; next_at: string | null })[] }
    }
  }
  '/api/v1/webhooks/{id}/replay': {
    /** Send again what was given up */
    post: {
      path: { id: string }
      answer: { events: number }
    }
  }
  '/api/v1/webhooks/{id}/rotate': {
    /** Make a new secret */
    post: {
      path: { id: string }
      body: { overlap_seconds?: number }
      answer: { id: string; name: string; host: string; events: string[]; flows: string[] | null; fields: boolean; tests: boolean; enabled: boolean; code: string | null; previous_secret_until: string | null; waiting: number; dead: number; created_at: string; changed_at: string; secret: string }
    }
  }
  '/api/v1/webhooks/{id}/test': {
    /** Send a test event */
    post: {
      path: { id: string }
      answer: { status: number | null; ms: number; ok: boolean | null; code: string | null; reason: string | null }
    }
  }
}
