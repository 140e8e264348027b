// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Destinations {
  '/api/v1/buyers': {
    /** List who buys: their terms, what they took and what they pay */
    get: {
      query: { range?: "1h" | "24h" | "7d" | "30d" }
      answer: { items: ({ id: string; named: boolean; destinations: ({ flow: string; id: string; name: string; terms: unknown; taken: { delivered: number; refused: number; ruled_out: number; open: number; lost: number; acceptance_rate: number | null; paid: ({ currency: string; amount: string })[] } })[]; taken: { delivered: number; refused: number; ruled_out: number; open: number; lost: number; acceptance_rate: number | null; paid: ({ currency: string; amount: string })[] } })[] }
    }
  }
  '/api/v1/destinations': {
    /** List the destinations of all flows, and how each does */
    get: {
      query: { range?: "1h" | "24h" | "7d" | "30d" }
      answer: { items: ({ flow: string; flow_version: number; id: string; name: string; type: string | null; settings: unknown; terms: unknown; steps: string[]; health: { flow: string; destination: string; calls: number; success_rate: number | null; refused: number; errors: number; latency_ms: { p50: number | null; p95: number | null; p99: number | null }; breaker: { state: "closed" | "open" | "half_open"; since: string | null; retry_at: string | null; openings: number; code: string | null }; paused: { by: string; since: string; until: string | null; code: string | null; reason: string | null } | null; waiting: number; unknown: number; dead: number; alerted_at: string | null }; taken: { delivered: number; refused: number; ruled_out: number; open: number; lost: number; acceptance_rate: number | null; paid: ({ currency: string; amount: string })[] } })[] }
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
}
