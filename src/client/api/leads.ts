// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Leads {
  '/api/v1/assignees': {
    /** List whom leads can be given to */
    get: {
      answer: { items: ({ id: string; email: string; role: string })[] }
    }
  }
  '/api/v1/leads/bulk': {
    /** Do the same to many leads */
    post: {
      body: { action: "approve" | "reject" | "suppress" | "assign" | "replay"; ids: string[]; reason?: string; list?: string; assignee?: string | null }
      answer: { done: number; failed: ({ lead_id: string; code: string; message: string })[] }
    }
  }
  '/api/v1/leads/export': {
    /** Export leads as CSV */
    post: {
      body: { flow?: string; source?: string; outcome?: string; status?: string; code?: string; test?: "yes" | "no"; assignee?: string; from?: string; to?: string; ids?: string[]; fields?: boolean }
      answer: string
    }
  }
  '/api/v1/leads/search': {
    /** Find leads by email or phone */
    post: {
      body: { email?: string; phone?: string; flow?: string; country?: string; limit?: number; cursor?: string }
      answer: { items: ({ id: string; flow: string; flow_version: number; source: string; status: string; outcome: string | null; code: string | null; price: number | null; revenue: number | null; currency: string | null; duration_ms: number | null; test: boolean; duplicate_of: string | null; person_id: string | null; assignee: string | null; received_at: string; closed_at: string | null })[]; next_cursor: string | null }
    }
  }
  '/api/v1/leads/{id}': {
    /** Read a lead */
    get: {
      path: { id: string }
      query: { personal?: "shown" | "masked" }
      answer: { id: string; flow: string; flow_version: number; source: string; status: string; outcome: string | null; code: string | null; price: number | null; revenue: number | null; currency: string | null; duration_ms: number | null; test: boolean; duplicate_of: string | null; person_id: string | null; assignee: string | null; received_at: string; closed_at: string | null; personal: "shown" | "masked"; received: unknown; mode: "sync" | "async"; accepted: boolean | null; reason: string | null; field_errors: Record<string, string> | null; score: number | null; class: string | null; route: string | null; fields: Record<string, { raw: unknown; normal: unknown; valid: boolean; masked: boolean; parts: unknown }>; extra: unknown; appended: unknown; steps: ({ id: string; outcome: string })[]; deliveries: ({ id: string; step: string; destination: string; outcome: "open" | "success" | "failure" | "error"; attempts: number; reference: string | null; reason: string | null; code: string | null; revenue: string | null; currency: string | null; next_at: string | null; parked: boolean })[]; rerun_of: string | null; rerun_as: string | null; pending: { code: string; meaning: string; step: string | null } | null }
    }
  }
  '/api/v1/leads/{id}/assignee': {
    /** Give a lead to somebody */
    put: {
      path: { id: string }
      body: { assignee: string | null }
      answer: { lead_id: string; assignee: string | null }
    }
  }
  '/api/v1/leads/{id}/events': {
    /** Read a lead's journal */
    get: {
      path: { id: string }
      query: { personal?: "shown" | "masked"; exchanges?: "hidden" }
      answer: { items: ({ seq: number; position: number; type: string; at: string; data: unknown; private: unknown })[] }
    }
  }
  '/api/v1/leads/{id}/fields': {
    /** Mend fields of a lead whose journey goes on */
    patch: {
      path: { id: string }
      body: { fields: Record<string, string> }
      answer: { lead_id: string; fields: string[] }
    }
  }
  '/api/v1/leads/{id}/matches': {
    /** Read whom a lead was taken for, and why */
    get: {
      path: { id: string }
      answer: { items: ({ kind: "exact" | "probable"; step: string; at: string; band: "same" | "review" | "different" | "none"; decision: string | null; decided_by: string | null; matched_on: string[]; person_id: string | null; candidate: string | null; lead_id: string | null; candidates: number | null; merged: string[]; model: number | null; probability: number | null; total: number | null; prior: number | null; kinship: number | null; fields: ({ group: string; levels: ({ field: string; level: string })[]; weight: number; rarity: number | null })[] })[] }
    }
  }
  '/api/v1/leads/{id}/proof': {
    /** Walk the chain of a lead's journal */
    get: {
      path: { id: string }
      answer: { intact: boolean; breach: { seq?: number; what?: string } | null; segments: ({ seq: number; at: string; hash: string })[] }
    }
  }
  '/api/v1/leads/{id}/rerun': {
    /** Run a lead that was turned away through its flow again */
    post: {
      path: { id: string }
      body: { reason?: string }
      answer: { lead_id: string; rerun_of: string; outcome: "success" | "failure" | "error" | "pending"; accepted: boolean | null; reason: string | null; code: string | null; status_url: string }
    }
  }
  '/api/v1/leads/{id}/resume': {
    /** Let a lead go on that a fault has parked */
    post: {
      path: { id: string }
      body: { reason?: string }
      answer: { lead_id: string; status_url: string }
    }
  }
  '/api/v1/leads/{id}/review': {
    /** Decide about a lead in review */
    put: {
      path: { id: string }
      body: { decision: "approve" | "reject"; reason?: string }
      answer: { lead_id: string; decision: "approve" | "reject"; status_url: string }
    }
  }
  '/api/v1/leads/{id}/unmask': {
    /** See the personal data of a lead, with a reason */
    post: {
      path: { id: string }
      body: { reason: string }
      answer: { lead: { id: string; flow: string; flow_version: number; source: string; status: string; outcome: string | null; code: string | null; price: number | null; revenue: number | null; currency: string | null; duration_ms: number | null; test: boolean; duplicate_of: string | null; person_id: string | null; assignee: string | null; received_at: string; closed_at: string | null; personal: "shown" | "masked"; received: unknown; mode: "sync" | "async"; accepted: boolean | null; reason: string | null; field_errors: Record<string, string> | null; score: number | null; class: string | null; route: string | null; fields: Record<string, { raw: unknown; normal: unknown; valid: boolean; masked: boolean; parts: unknown }>; extra: unknown; appended: unknown; steps: ({ id: string; outcome: string })[]; deliveries: ({ id: string; step: string; destination: string; outcome: "open" | "success" | "failure" | "error"; attempts: number; reference: string | null; reason: string | null; code: string | null; revenue: string | null; currency: string | null; next_at: string | null; parked: boolean })[]; rerun_of: string | null; rerun_as: string | null; pending: { code: string; meaning: string; step: string | null } | null }; events: ({ seq: number; position: number; type: string; at: string; data: unknown; private: unknown })[] }
    }
  }
}
