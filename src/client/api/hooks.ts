// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Hooks {
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
}
