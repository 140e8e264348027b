// Generated from docs/reference/openapi.json. To make it anew: npm run reference

/** What can be asked, at which address, and what is answered. */
export interface Api {
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
  '/api/v1/assignees': {
    /** List whom leads can be given to */
    get: {
      answer: { items: ({ id: string; email: string; role: string })[] }
    }
  }
  '/api/v1/audit': {
    /** Read what people and keys did, newest first */
    get: {
      query: { actor?: string; action?: string; resource?: string; resource_id?: string; from?: string; to?: string; limit?: number; cursor?: string }
      answer: { items: ({ seq: number; at: string; actor: { kind: string; id: string }; action: string; resource: string; resource_id: string | null; data: unknown; private: unknown })[]; next_cursor: string | null }
    }
  }
  '/api/v1/auth/forgotten': {
    /** Ask for a link to set a new password */
    post: {
      body: { email: string }
      answer: { done: true }
    }
  }
  '/api/v1/auth/link': {
    /** Take an invitation or a reset: set the password */
    post: {
      body: { token: string; password: string }
      answer: { done: true }
    }
  }
  '/api/v1/auth/login': {
    /** Log in */
    post: {
      body: { email: string; password: string; code?: string; tenant?: string }
      answer: { access_token: string; token_type: "Bearer"; expires_in: number; refresh_token: string; refresh_expires_in: number }
    }
  }
  '/api/v1/auth/password': {
    /** Change my password */
    put: {
      body: { password: string; new_password: string }
      answer: { done: true }
    }
  }
  '/api/v1/auth/refresh': {
    /** Get the next pair of tokens */
    post: {
      body: { refresh_token: string }
      answer: { access_token: string; token_type: "Bearer"; expires_in: number; refresh_token: string; refresh_expires_in: number }
    }
  }
  '/api/v1/auth/session': {
    /** Log in a browser */
    post: {
      body: { email: string; password: string; code?: string; tenant?: string }
      answer: { kind: "user" | "key"; id: string; email: string | null; role: string; tenant: { id: string; slug: string; name: string }; permissions: string[]; second_factor: boolean; csrf_token: string | null }
    }
    /** Who I am, and what I may do */
    get: {
      answer: { kind: "user" | "key"; id: string; email: string | null; role: string; tenant: { id: string; slug: string; name: string }; permissions: string[]; second_factor: boolean; csrf_token: string | null }
    }
    /** Log out */
    delete: {
      answer: undefined
    }
  }
  '/api/v1/auth/sessions': {
    /** List my sessions */
    get: {
      answer: { items: ({ id: string; kind: "token" | "cookie"; current: boolean; created_at: string; last_seen_at: string; expires_at: string; ip: string | null; user_agent: string | null })[] }
    }
  }
  '/api/v1/auth/sessions/{id}': {
    /** End one of my sessions */
    delete: {
      path: { id: string }
      answer: undefined
    }
  }
  '/api/v1/auth/sso/{tenant}': {
    /** Log in by single sign-on */
    get: {
      path: { tenant: string }
      answer: unknown
    }
  }
  '/api/v1/auth/sso/{tenant}/callback': {
    /** Come back from the provider */
    get: {
      path: { tenant: string }
      answer: unknown
    }
  }
  '/api/v1/auth/switch': {
    /** Go on in another tenant */
    post: {
      body: { tenant: string; code?: string }
      answer: { session: { kind: "user" | "key"; id: string; email: string | null; role: string; tenant: { id: string; slug: string; name: string }; permissions: string[]; second_factor: boolean; csrf_token: string | null }; tokens?: { access_token: string; token_type: "Bearer"; expires_in: number; refresh_token: string; refresh_expires_in: number } }
    }
  }
  '/api/v1/auth/tenants': {
    /** List the tenants this session may go to */
    get: {
      answer: { items: ({ id: string; slug: string; name: string; role: string; current: boolean; second_factor: boolean })[] }
    }
  }
  '/api/v1/auth/totp': {
    /** Begin to set up a second factor */
    post: {
      answer: { secret: string; uri: string }
    }
    /** Remove my second factor */
    delete: {
      body: { code: string }
      answer: undefined
    }
  }
  '/api/v1/auth/totp/confirm': {
    /** Confirm the second factor by its first code */
    post: {
      body: { code: string }
      answer: { recovery_codes: string[] }
    }
  }
  '/api/v1/branding': {
    /** Read name, colour and logo of the console */
    get: {
      answer: { name: string | null; color: string | null; logo: string | null }
    }
    /** Set name, colour and logo of the console */
    put: {
      body: { name: string | null; color: string | null; logo: string | null }
      answer: { name: string | null; color: string | null; logo: string | null }
    }
  }
  '/api/v1/buyers': {
    /** List who buys: their terms, what they took and what they pay */
    get: {
      query: { range?: "1h" | "24h" | "7d" | "30d" }
      answer: { items: ({ id: string; named: boolean; destinations: ({ flow: string; id: string; name: string; terms: unknown; taken: { delivered: number; refused: number; ruled_out: number; open: number; lost: number; acceptance_rate: number | null; paid: ({ currency: string; amount: string })[] } })[]; taken: { delivered: number; refused: number; ruled_out: number; open: number; lost: number; acceptance_rate: number | null; paid: ({ currency: string; amount: string })[] } })[] }
    }
  }
  '/api/v1/caps': {
    /** Show what the caps of all flows count now */
    get: {
      answer: { items: ({ flow: string; id: string; at: string; source: string | null; destination: string | null; buyer: string | null; per: string; sliding: boolean; zone: string; when: string | null; by: string | null; max: number | string; used: number | string; history: number | string; values: number | null; from: string | null; until: string | null })[] }
    }
  }
  '/api/v1/consent/links': {
    /** Make a link by which a person takes a consent back with one click */
    post: {
      body: { email?: string; phone?: string; lead_id?: string; flow?: string; country?: string; channels?: ("call" | "sms" | "email" | "share" | "all")[] }
      answer: { url: string }
    }
  }
  '/api/v1/consent/records': {
    /** Write down a consent */
    post: {
      body: { email?: string; phone?: string; lead_id?: string; flow?: string; country?: string; channels: ("call" | "sms" | "email" | "share")[]; wording: string; purpose?: string; basis?: "consent" | "contract" | "legitimate_interest" | "legal_obligation"; seller?: string; url?: string; ip?: string; proof?: string; given_at?: string; renews?: boolean }
      answer: { records: string[] }
    }
  }
  '/api/v1/consent/replies': {
    /** Hand in a reply: STOP and its like take the consent back */
    post: {
      body: { from: string; text: string; channel?: "sms" | "email"; country?: string }
      answer: { revoked: boolean; keyword: string | null; request_id: string | null; due_at: string | null }
    }
  }
  '/api/v1/consent/revocations': {
    /** Take a consent back for a person */
    post: {
      body: { email?: string; phone?: string; lead_id?: string; flow?: string; country?: string; channels?: ("call" | "sms" | "email" | "share" | "all")[]; note?: string }
      answer: { id: string; kind: string; status: string; at: string; due_at: string; completed_at: string | null; overdue: boolean; leads: number | null }
    }
  }
  '/api/v1/consent/state': {
    /** How the consents of a person stand, or stood at a past moment, with the evidence */
    post: {
      body: { email?: string; phone?: string; lead_id?: string; flow?: string; country?: string; at?: string; reason?: string }
      answer: { channels: ({ channel: string; state: "given" | "revoked" | "none"; since: string | null })[]; records: unknown[] }
    }
  }
  '/api/v1/dead-letters': {
    /** List dead letters: deliveries that were given up */
    get: {
      query: { limit?: number; cursor?: string; flow?: string; destination?: string; code?: string; from?: string; to?: string }
      answer: { items: ({ id: string; lead_id: string; flow: string; destination: string; state: "waiting" | "held" | "unknown" | "delivered" | "refused" | "passed" | "dead" | "discarded"; code: string | null; attempts: number; opened_at: string; changed_at: string; next_at: string | null })[]; next_cursor: string | null }
    }
  }
  '/api/v1/dead-letters/discard': {
    /** Put dead letters away, by filter */
    post: {
      body: { flow?: string; destination?: string; code?: string; from?: string; to?: string; limit?: number; reason: string }
      answer: { id: string; state: "running" | "done" | "canceled"; matched: number; done: number; refused: number; started_at: string; ended_at: string | null; by: string; ended_by: string | null }
    }
  }
  '/api/v1/dead-letters/discards': {
    /** List discards of dead letters, newest first */
    get: {
      answer: { items: ({ id: string; state: "running" | "done" | "canceled"; matched: number; done: number; refused: number; started_at: string; ended_at: string | null; by: string; ended_by: string | null })[] }
    }
  }
  '/api/v1/dead-letters/discards/{id}': {
    /** See how far a discard has come */
    get: {
      path: { id: string }
      answer: { id: string; state: "running" | "done" | "canceled"; matched: number; done: number; refused: number; started_at: string; ended_at: string | null; by: string; ended_by: string | null }
    }
  }
  '/api/v1/dead-letters/discards/{id}/cancel': {
    /** Call off a discard */
    post: {
      path: { id: string }
      answer: { id: string; state: "running" | "done" | "canceled"; matched: number; done: number; refused: number; started_at: string; ended_at: string | null; by: string; ended_by: string | null }
    }
  }
  '/api/v1/dead-letters/replay': {
    /** Send dead letters again, by filter and so many a second */
    post: {
      body: { flow?: string; destination?: string; code?: string; from?: string; to?: string; limit?: number; per_second?: number; reason?: string }
      answer: { id: string; state: "running" | "done" | "canceled"; matched: number; done: number; refused: number; started_at: string; ended_at: string | null; by: string; ended_by: string | null; per_second: number; last_at: string | null }
    }
  }
  '/api/v1/dead-letters/replays': {
    /** List replays of dead letters, newest first */
    get: {
      answer: { items: ({ id: string; state: "running" | "done" | "canceled"; matched: number; done: number; refused: number; started_at: string; ended_at: string | null; by: string; ended_by: string | null; per_second: number; last_at: string | null })[] }
    }
  }
  '/api/v1/dead-letters/replays/{id}': {
    /** See how far a replay has come */
    get: {
      path: { id: string }
      answer: { id: string; state: "running" | "done" | "canceled"; matched: number; done: number; refused: number; started_at: string; ended_at: string | null; by: string; ended_by: string | null; per_second: number; last_at: string | null }
    }
  }
  '/api/v1/dead-letters/replays/{id}/cancel': {
    /** Call off a replay */
    post: {
      path: { id: string }
      answer: { id: string; state: "running" | "done" | "canceled"; matched: number; done: number; refused: number; started_at: string; ended_at: string | null; by: string; ended_by: string | null; per_second: number; last_at: string | null }
    }
  }
  '/api/v1/deliveries': {
    /** List deliveries, those of the newest lead first */
    get: {
      query: { limit?: number; cursor?: string; flow?: string; destination?: string; code?: string; from?: string; to?: string; state?: "waiting" | "held" | "unknown" | "delivered" | "refused" | "passed" | "dead" | "discarded" }
      answer: { items: ({ id: string; lead_id: string; flow: string; destination: string; state: "waiting" | "held" | "unknown" | "delivered" | "refused" | "passed" | "dead" | "discarded"; code: string | null; attempts: number; opened_at: string; changed_at: string; next_at: string | null })[]; next_cursor: string | null }
    }
  }
  '/api/v1/destinations': {
    /** List the destinations of all flows, and how each does */
    get: {
      query: { range?: "1h" | "24h" | "7d" | "30d" }
      answer: { items: ({ flow: string; flow_version: number; id: string; name: string; type: string | null; settings: unknown; terms: unknown; steps: string[]; health: { flow: string; destination: string; calls: number; success_rate: number | null; refused: number; errors: number; latency_ms: { p50: number | null; p95: number | null; p99: number | null }; breaker: { state: "closed" | "open" | "half_open"; since: string | null; retry_at: string | null; openings: number; code: string | null }; paused: { by?: string; since?: string; until?: string | null; code?: string | null; reason?: string | null } | null; waiting: number; unknown: number; dead: number; alerted_at: string | null }; taken: { delivered: number; refused: number; ruled_out: number; open: number; lost: number; acceptance_rate: number | null; paid: ({ currency: string; amount: string })[] } })[] }
    }
  }
  '/api/v1/destinations/check': {
    /** Check the connection to a destination */
    post: {
      body: { flow?: string; destination?: string; type?: string; settings?: Record<string, unknown> }
      answer: { outcome: string; code: string | null; reason: string | null; reference: string | null; price: string | null; captured: Record<string, string>; next: string; exchanges: ({ request: { method: string; url: string; headers: Record<string, string>; body: string | null }; response: { status: number | null; headers: Record<string, string>; body: string | null }; ms: number | null })[] }
    }
  }
  '/api/v1/destinations/files': {
    /** List the newest files */
    get: {
      answer: { items: ({ id: string; flow: string; destination: string; name: string; state: string; rows: number; bytes: number; sha256: string | null; attempts: number; code: string | null; made_at: string; sent_at: string | null })[] }
    }
  }
  '/api/v1/destinations/test': {
    /** Try a destination on a sample */
    post: {
      body: { flow?: string; destination?: string; type?: string; settings?: Record<string, unknown>; lead?: Record<string, unknown>; payload?: Record<string, unknown>; answer?: { status?: number; headers?: Record<string, string>; body?: string } }
      answer: { outcome: string; code: string | null; reason: string | null; reference: string | null; price: string | null; captured: Record<string, string>; next: string; exchanges: ({ request: { method: string; url: string; headers: Record<string, string>; body: string | null }; response: { status: number | null; headers: Record<string, string>; body: string | null }; ms: number | null })[] }
    }
  }
  '/api/v1/destinations/types': {
    /** List the types of destination */
    get: {
      answer: { items: ({ type: string; summary: string; settings: unknown; example: unknown })[] }
    }
  }
  '/api/v1/destinations/{id}/health': {
    /** How well a destination does */
    get: {
      path: { id: string }
      query: { flow?: string; minutes?: number }
      answer: { items: ({ flow: string; destination: string; calls: number; success_rate: number | null; refused: number; errors: number; latency_ms: { p50: number | null; p95: number | null; p99: number | null }; breaker: { state: "closed" | "open" | "half_open"; since: string | null; retry_at: string | null; openings: number; code: string | null }; paused: { by?: string; since?: string; until?: string | null; code?: string | null; reason?: string | null } | null; waiting: number; unknown: number; dead: number; alerted_at: string | null })[] }
    }
  }
  '/api/v1/figures': {
    /** Figures of a range of time */
    get: {
      query: { range?: "1h" | "24h" | "7d" | "30d" | "90d"; flow?: string; source?: string; compare?: "previous" }
      answer: { grain: "minute" | "hour"; now: { from: string; to: string; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number; revenue: number; currencies: ({ currency: string; price: number; revenue: number; margin: number })[]; acceptance_rate: number | null; p50_ms: number | null; p95_ms: number | null; funnel: ({ stage: string; leads: number; lost: number; codes: string[] })[]; reasons: ({ code: string; leads: number })[]; statuses: ({ status: string; leads: number })[]; sources: ({ flow: string; source: string; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number; revenue: number })[]; series: ({ at: string; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number; revenue: number })[] }; before: { from: string; to: string; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number; revenue: number; currencies: ({ currency: string; price: number; revenue: number; margin: number })[]; acceptance_rate: number | null; p50_ms: number | null; p95_ms: number | null; funnel: ({ stage: string; leads: number; lost: number; codes: string[] })[]; reasons: ({ code: string; leads: number })[]; statuses: ({ status: string; leads: number })[]; sources: ({ flow: string; source: string; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number; revenue: number })[]; series: ({ at: string; leads: number; accepted: number; rejected: number; failed: number; waiting: number; price: number; revenue: number })[] } | null }
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
  '/api/v1/hooks': {
    /** Subscribe to a destination */
    post: {
      body: { flow: string; destination: string; target_url: string }
      answer: { id: string; flow: string; destination: string; created_at: string }
    }
    /** List subscriptions */
    get: {
      answer: { items: ({ id: string; flow: string; destination: string; created_at: string })[] }
    }
  }
  '/api/v1/hooks/sample': {
    /** Show what a subscriber is sent */
    get: {
      query: { flow: string; destination: string }
      answer: unknown[]
    }
  }
  '/api/v1/hooks/{id}': {
    /** Unsubscribe */
    delete: {
      path: { id: string }
      answer: { id: string; flow: string; destination: string; created_at: string }
    }
  }
  '/api/v1/keys': {
    /** List the API keys */
    get: {
      query: { limit?: number; cursor?: string }
      answer: { items: ({ id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null })[]; next_cursor: string | null }
    }
    /** Make an API key */
    post: {
      body: { name: string; scopes: string[]; flow?: string; source?: string; expires_at?: string }
      answer: { key: { id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null }; secret: string }
    }
  }
  '/api/v1/keys/{id}': {
    /** Read an API key */
    get: {
      path: { id: string }
      answer: { id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null }
    }
    /** Rename an API key, switch it off, or let it expire */
    patch: {
      path: { id: string }
      body: { name?: string; enabled?: boolean; expires_at?: string | null }
      answer: { id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null }
    }
    /** Remove an API key */
    delete: {
      path: { id: string }
      answer: undefined
    }
  }
  '/api/v1/keys/{id}/rotate': {
    /** Exchange an API key */
    post: {
      path: { id: string }
      body: { overlap_s?: number }
      answer: { key: { id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null }; secret: string; old: { id: string; name: string; hint: string; scopes: string[]; flow: string | null; source: string | null; enabled: boolean; created_at: string; created_by: string; expires_at: string | null; last_used_at: string | null; replaced_by: string | null } }
    }
  }
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
  '/api/v1/leads/{id}/deliveries/{delivery}': {
    /** Read a delivery with both sides of its calls */
    get: {
      path: { id: string; delivery: string }
      answer: { id: string; lead_id: string; flow: string; destination: string; state: "waiting" | "held" | "unknown" | "delivered" | "refused" | "passed" | "dead" | "discarded"; code: string | null; attempts: number; opened_at: string; changed_at: string; next_at: string | null; step: string; reason: string | null; reference: string | null; payload: unknown; held_by: string | null; exchanges: ({ at: string; attempt: number; status: number | null; ms: number | null; outcome: string | null; code: string | null; reason: string | null; request: unknown; response: unknown })[] }
    }
  }
  '/api/v1/leads/{id}/deliveries/{delivery}/discard': {
    /** Put a dead letter away */
    post: {
      path: { id: string; delivery: string }
      body: { reason: string }
      answer: { lead_id: string; delivery_id: string; state: string; status_url: string }
    }
  }
  '/api/v1/leads/{id}/deliveries/{delivery}/replay': {
    /** Send a delivery again that was given up or refused */
    post: {
      path: { id: string; delivery: string }
      body: { reason?: string; payload?: Record<string, unknown>; at?: string }
      answer: { lead_id: string; delivery_id: string; state: string; status_url: string }
    }
  }
  '/api/v1/leads/{id}/deliveries/{delivery}/settle': {
    /** Say what became of a delivery that was sent and not answered */
    post: {
      path: { id: string; delivery: string }
      body: { outcome: "delivered" | "not_delivered" | "send_again"; reason: string; reference?: string }
      answer: { lead_id: string; delivery_id: string; state: string; status_url: string }
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
  '/api/v1/lists': {
    /** List the suppression lists */
    get: {
      answer: { items: ({ id: string; label: string; entries: number; created_at: string })[] }
    }
  }
  '/api/v1/lists/query': {
    /** Look values up in several lists at once */
    post: {
      body: { values: (string | string[])[]; types?: string[]; country?: string; lists?: string[]; within_s?: number }
      answer: { items: ({ found: boolean; lists: ({ id: string; label: string; added_at: string; expires_at: string | null })[] })[] }
    }
  }
  '/api/v1/lists/{id}': {
    /** Read a list */
    get: {
      path: { id: string }
      answer: { id: string; label: string; entries: number; created_at: string }
    }
    /** Make a list, or give it another label */
    put: {
      path: { id: string }
      body: { label: string }
      answer: { id: string; label: string; entries: number; created_at: string }
    }
    /** Remove a list with all its entries */
    delete: {
      path: { id: string }
      answer: { removed: boolean }
    }
  }
  '/api/v1/lists/{id}/check': {
    /** Look values up in a list and add those that do not stand there */
    post: {
      path: { id: string }
      body: { values: (string | string[])[]; types?: string[]; country?: string; expires_at?: string; within_s?: number }
      answer: { added: number; items: ({ found: boolean; added_at: string | null })[] }
    }
  }
  '/api/v1/lists/{id}/entries': {
    /** Add values to a list, all or none */
    post: {
      path: { id: string }
      query: { type?: string; country?: string; expires_at?: string }
      body: { values: (string | string[])[]; types?: string[]; country?: string; expires_at?: string } | string
      answer: { added: number }
    }
    /** Remove values from a list */
    delete: {
      path: { id: string }
      body: { values: (string | string[])[]; types?: string[]; country?: string }
      answer: { removed: number }
    }
  }
  '/api/v1/lists/{id}/imports': {
    /** List the imports of a list, the newest first */
    get: {
      path: { id: string }
      answer: { items: ({ name: string; state: "running" | "done" | "broken"; rows: number; added: number; rejected: number; problems: ({ line: number; reason: string })[]; started_at: string; changed_at: string })[] }
    }
  }
  '/api/v1/lists/{id}/imports/{name}': {
    /** Add the values of a file of any length to a list */
    put: {
      path: { id: string; name: string }
      query: { column?: string; type?: string; country?: string; expires_at?: string }
      answer: { name: string; state: "running" | "done" | "broken"; rows: number; added: number; rejected: number; problems: ({ line: number; reason: string })[]; started_at: string; changed_at: string; passed_over: number }
    }
    /** Read how far an import of a list has come */
    get: {
      path: { id: string; name: string }
      answer: { name: string; state: "running" | "done" | "broken"; rows: number; added: number; rejected: number; problems: ({ line: number; reason: string })[]; started_at: string; changed_at: string }
    }
  }
  '/api/v1/live': {
    /** Hear of leads as they change */
    get: {
      answer: string
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
  '/api/v1/platform/tenants': {
    /** List all tenants */
    get: {
      answer: { items: ({ id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[]; deleted_at: string | null })[] }
    }
    /** Make a tenant */
    post: {
      body: { slug: string; name?: string; limits?: { leads_month?: number | null; requests_minute?: number | null; source_requests_minute?: number | null; destinations?: number | null; storage_bytes?: number | null }; owner_email?: string }
      answer: { tenant: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[]; deleted_at: string | null }; invitation: { url?: string; expires_at?: string; mailed?: boolean } | null }
    }
  }
  '/api/v1/platform/tenants/{id}': {
    /** Read a tenant */
    get: {
      path: { id: string }
      answer: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[]; deleted_at: string | null }
    }
    /** Suspend, resume or limit a tenant */
    patch: {
      path: { id: string }
      body: { name?: string; enabled?: boolean; limits?: { leads_month?: number | null; requests_minute?: number | null; source_requests_minute?: number | null; destinations?: number | null; storage_bytes?: number | null }; cors_origins?: string[] }
      answer: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[]; deleted_at: string | null }
    }
    /** Delete a suspended tenant */
    delete: {
      path: { id: string }
      answer: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[]; deleted_at: string | null }
    }
  }
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
  '/api/v1/queues': {
    /** What waits, since when, and how fast it goes */
    get: {
      answer: { items: ({ queue: string; name: string; depth: number; oldest: string | null; states: { due: number; later: number; running: number; parked: number }; per_minute: number | null; stopped: string | null })[] }
    }
  }
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
  '/api/v1/roles': {
    /** List the roles, and what each may do */
    get: {
      answer: { items: ({ role: string; summary: string; grants: Record<string, "all" | "own"> })[] }
    }
  }
  '/api/v1/rules/convert': {
    /** Convert a rule */
    post: {
      body: { rule: unknown; flow?: string }
      answer: { text: string; structured: unknown; problems: ({ code: string; message: string; expected: string | null })[] }
    }
  }
  '/api/v1/secrets': {
    /** List the names of secrets */
    get: {
      answer: { items: ({ name: string; updated_at: string })[] }
    }
  }
  '/api/v1/secrets/{name}': {
    /** Read when a secret was set */
    get: {
      path: { name: string }
      answer: { name: string; updated_at: string }
    }
    /** Set a secret */
    put: {
      path: { name: string }
      body: { value: string }
      answer: { name: string; updated_at: string }
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
  '/api/v1/sso': {
    /** Read the single sign-on */
    get: {
      answer: { callback_url: string; login_url: string; issuer: string; client_id: string; default_role: string | null }
    }
    /** Set the single sign-on */
    put: {
      body: { issuer: string; client_id: string; client_secret?: string; default_role?: string | null }
      answer: { callback_url: string; login_url: string; issuer: string; client_id: string; default_role: string | null }
    }
    /** Remove the single sign-on */
    delete: {
      answer: undefined
    }
  }
  '/api/v1/status': {
    /** How the tenant’s leads stand */
    get: {
      answer: { status: "ok" | "draining"; version: string; uptime_s: number; in_flight: number; unfinished: { total: number; due: number; later: number; waiting_for_person: number; oldest_due_at: string | null }; today: { received: number; accepted: number; rejected: number; errors: number; open: number } }
    }
  }
  '/api/v1/tenant': {
    /** Read the tenant: its settings, limits and use */
    get: {
      answer: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[] }
    }
    /** Change the settings of the tenant */
    patch: {
      body: { name?: string; cors_origins?: string[] }
      answer: { id: string; slug: string; name: string; enabled: boolean; created_at: string; limits: { leads_month: number | null; requests_minute: number | null; source_requests_minute: number | null; destinations: number | null; storage_bytes: number | null }; usage: { leads_this_month: number; storage_bytes: number | null }; cors_origins: string[] }
    }
  }
  '/api/v1/users': {
    /** List the users */
    get: {
      query: { limit?: number; cursor?: string }
      answer: { items: ({ id: string; email: string; role: string; partner: { flow?: string; source?: string; destination?: string } | null; enabled: boolean; joined: boolean; second_factor: boolean; created_at: string; last_login_at: string | null })[]; next_cursor: string | null }
    }
    /** Invite a user */
    post: {
      body: { email: string; role: string; partner?: { flow?: string; source?: string; destination?: string } | null }
      answer: { user: { id: string; email: string; role: string; partner: { flow?: string; source?: string; destination?: string } | null; enabled: boolean; joined: boolean; second_factor: boolean; created_at: string; last_login_at: string | null }; invitation: { url: string; expires_at: string; mailed: boolean } }
    }
  }
  '/api/v1/users/{id}': {
    /** Read a user */
    get: {
      path: { id: string }
      answer: { id: string; email: string; role: string; partner: { flow?: string; source?: string; destination?: string } | null; enabled: boolean; joined: boolean; second_factor: boolean; created_at: string; last_login_at: string | null }
    }
    /** Change a role, or switch a user off */
    patch: {
      path: { id: string }
      body: { role?: string; partner?: { flow?: string; source?: string; destination?: string } | null; enabled?: boolean }
      answer: { id: string; email: string; role: string; partner: { flow?: string; source?: string; destination?: string } | null; enabled: boolean; joined: boolean; second_factor: boolean; created_at: string; last_login_at: string | null }
    }
    /** Remove a user */
    delete: {
      path: { id: string }
      answer: undefined
    }
  }
  '/api/v1/users/{id}/link': {
    /** Make a new link for a user */
    post: {
      path: { id: string }
      answer: { url: string; expires_at: string; mailed: boolean }
    }
  }
  '/api/v1/users/{id}/sessions': {
    /** List a user's sessions */
    get: {
      path: { id: string }
      answer: { items: ({ id: string; kind: "token" | "cookie"; current: boolean; created_at: string; last_seen_at: string; expires_at: string; ip: string | null; user_agent: string | null })[] }
    }
    /** End all of a user's sessions */
    delete: {
      path: { id: string }
      answer: undefined
    }
  }
  '/api/v1/views': {
    /** List your saved views of leads */
    get: {
      answer: { items: ({ id: string; name: string; filter: Record<string, unknown>; created_at: string })[] }
    }
    /** Save a view of leads */
    post: {
      body: { name: string; filter: { flow?: string; source?: string; outcome?: string; status?: string; code?: string; test?: "yes" | "no"; assignee?: string; from?: string; to?: string } }
      answer: { id: string; name: string; filter: Record<string, unknown>; created_at: string }
    }
  }
  '/api/v1/views/{id}': {
    /** Remove a saved view */
    delete: {
      path: { id: string }
      answer: unknown
    }
  }
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
  '/healthz': {
    /** Whether the process is up */
    get: {
      answer: { status: "ok"; version: string }
    }
  }
  '/oauth/token': {
    /** Get an access token for an API key */
    post: {
      body: { grant_type?: string; client_id?: string; client_secret?: string; scope?: string } | string
      answer: { access_token: string; token_type: "Bearer"; expires_in: number; scope: string }
    }
  }
  '/readyz': {
    /** Whether leads can be taken in */
    get: {
      answer: { status: "ready" | "draining" | "database_unavailable" }
    }
  }
}
