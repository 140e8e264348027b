// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Deliveries {
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
  '/api/v1/destinations/{id}/health': {
    /** How well a destination does */
    get: {
      path: { id: string }
      query: { flow?: string; minutes?: number }
      answer: { items: ({ flow: string; destination: string; calls: number; success_rate: number | null; refused: number; errors: number; latency_ms: { p50: number | null; p95: number | null; p99: number | null }; breaker: { state: "closed" | "open" | "half_open"; since: string | null; retry_at: string | null; openings: number; code: string | null }; paused: { by: string; since: string; until: string | null; code: string | null; reason: string | null } | null; waiting: number; unknown: number; dead: number; alerted_at: string | null })[] }
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
  '/api/v1/queues': {
    /** What waits, since when, and how fast it goes */
    get: {
      answer: { items: ({ queue: string; name: string; depth: number; oldest: string | null; states: { due: number; later: number; running: number; parked: number }; per_minute: number | null; stopped: string | null })[] }
    }
  }
}
