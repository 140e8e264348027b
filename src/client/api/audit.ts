// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Audit {
  '/api/v1/audit': {
    /** Read what people and keys did, newest first */
    get: {
      query: { actor?: string; action?: string; resource?: string; resource_id?: string; from?: string; to?: string; limit?: number; cursor?: string }
      answer: { items: ({ seq: number; at: string; actor: { kind: string; id: string }; action: string; resource: string; resource_id: string | null; data: unknown; private: unknown })[]; next_cursor: string | null }
    }
  }
}
