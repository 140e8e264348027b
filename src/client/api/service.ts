// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Service {
  '/healthz': {
    /** Whether the process is up */
    get: {
      answer: { status: "ok"; version: string }
    }
  }
  '/readyz': {
    /** Whether leads can be taken in */
    get: {
      answer: { status: "ready" | "draining" | "database_unavailable" }
    }
  }
}
