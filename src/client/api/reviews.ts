// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Reviews {
  '/api/v1/reviews': {
    /** List the leads that wait for a decision */
    get: {
      query: { queue?: string; sort?: "hottest" | "newest"; available?: boolean; limit?: number }
      answer: { waiting: number; taken: number; queues: ({ queue: string; waiting: number })[]; items: ({ id: string; flow: string; flow_version: number; source: string; status: string; outcome: string | null; code: string | null; price: number | null; revenue: number | null; currency: string | null; duration_ms: number | null; test: boolean; duplicate_of: string | null; person_id: string | null; assignee: string | null; received_at: string; closed_at: string | null; queue: string; note: string | null; score: number | null; class: string | null; claimed_by: string | null; claimed_until: string | null; mine: boolean | null })[] }
    }
  }
  '/api/v1/reviews/count': {
    /** Count the leads that wait for a decision */
    get: {
      answer: { waiting: number }
    }
  }
  '/api/v1/reviews/{id}/claim': {
    /** Take a lead in review, so that nobody else is given it */
    put: {
      path: { id: string }
      answer: { lead_id: string; until: string }
    }
    /** Give a lead in review back */
    delete: {
      path: { id: string }
      answer: unknown
    }
  }
}
