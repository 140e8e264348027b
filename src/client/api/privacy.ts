// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Privacy {
  '/api/v1/privacy/holds': {
    /** Place a legal hold */
    post: {
      body: { matter: string; email?: string; phone?: string; lead_id?: string; flow?: string; country?: string; keeps: ("submission" | "fields" | "deliveries" | "consent")[] }
      answer: { id: string; at: string; matter: string; keeps: string[]; released_at: string | null; evidence: number }
    }
    /** List legal holds */
    get: {
      answer: { items: ({ id: string; at: string; matter: string; keeps: string[]; released_at: string | null; evidence: number })[] }
    }
  }
  '/api/v1/privacy/holds/{id}': {
    /** Read the evidence that a hold has kept */
    get: {
      path: { id: string }
      answer: { items: unknown[] }
    }
    /** Release a hold and destroy its evidence */
    delete: {
      path: { id: string }
      answer: { items: ({ id: string; at: string; matter: string; keeps: string[]; released_at: string | null; evidence: number })[] }
    }
  }
  '/api/v1/privacy/lift': {
    /** End a restriction or an objection */
    post: {
      body: { email?: string; phone?: string; lead_id?: string; flow?: string; country?: string; why: "restricted" | "objected" }
      answer: { lifted: number }
    }
  }
  '/api/v1/privacy/notices/{id}/acknowledge': {
    /** Say that a destination has done what it was told */
    post: {
      path: { id: string }
      answer: { id: string; status: string }
    }
  }
  '/api/v1/privacy/requests': {
    /** Do what a person asked for */
    post: {
      body: { kind: "erase" | "access" | "rectify" | "restrict" | "object"; email?: string; phone?: string; lead_id?: string; flow?: string; country?: string; scope?: "person" | "lead"; fields?: Record<string, string> }
      answer: { id: string; kind: string; status: string; at: string; due_at: string; completed_at: string | null; overdue: boolean; leads: number | null; notices: ({ id: string; destination: string; lead_id: string; act: string; status: string; attempts: number; code: string | null; due_at: string; told_at: string | null; acknowledged_at: string | null; acknowledged_by: string | null; overdue: boolean })[]; bundle_url: string | null; receipt_url: string | null }
    }
    /** List what persons asked for, newest first */
    get: {
      query: { kind?: string; status?: "working" | "waiting" | "done"; limit?: number; cursor?: string }
      answer: { items: ({ id: string; kind: string; status: string; at: string; due_at: string; completed_at: string | null; overdue: boolean; leads: number | null })[]; next_cursor: string | null }
    }
  }
  '/api/v1/privacy/requests/{id}': {
    /** Read a request, and what its recipients answered */
    get: {
      path: { id: string }
      answer: { id: string; kind: string; status: string; at: string; due_at: string; completed_at: string | null; overdue: boolean; leads: number | null; notices: ({ id: string; destination: string; lead_id: string; act: string; status: string; attempts: number; code: string | null; due_at: string; told_at: string | null; acknowledged_at: string | null; acknowledged_by: string | null; overdue: boolean })[]; bundle_url: string | null; receipt_url: string | null }
    }
  }
  '/api/v1/privacy/requests/{id}/bundle': {
    /** Read everything held on the person of an access request */
    get: {
      path: { id: string }
      query: { format?: "json" | "html" }
      answer: unknown
    }
  }
  '/api/v1/privacy/requests/{id}/receipt': {
    /** Read the signed receipt of an erasure */
    get: {
      path: { id: string }
      answer: { receipt: unknown; signature: string; public_key: string }
    }
  }
  '/api/v1/privacy/retention': {
    /** How many days what is kept */
    get: {
      answer: { leads: number | null; consent: number | null; audit: number | null }
    }
    /** Say how many days what is kept */
    put: {
      body: { leads?: number | null; consent?: number | null; audit?: number | null }
      answer: { leads: number | null; consent: number | null; audit: number | null }
    }
  }
  '/api/v1/privacy/retention/runs': {
    /** What was let go, newest first */
    get: {
      answer: { items: ({ id: string; at: string; kind: string; before: string; items: number; segments: number; archive: string | null; digest: string | null })[] }
    }
    /** Let go what is old now, or only count it */
    post: {
      body: { dry_run: boolean }
      answer: { items: ({ kind: string; before: string | null; items: number; segments: number; open: number; archive: string | null })[] }
    }
  }
}
