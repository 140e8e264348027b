// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Secrets {
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
}
