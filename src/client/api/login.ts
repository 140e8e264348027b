// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Login {
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
      answer: { kind: "user" | "key"; id: string; email: string | null; role: string; tenant: { id: string; slug: string; name: string }; permissions: string[]; second_factor: boolean; csrf_token: string | null; live_mark: string }
    }
    /** Who I am, and what I may do */
    get: {
      answer: { kind: "user" | "key"; id: string; email: string | null; role: string; tenant: { id: string; slug: string; name: string }; permissions: string[]; second_factor: boolean; csrf_token: string | null; live_mark: string }
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
      answer: { session: { kind: "user" | "key"; id: string; email: string | null; role: string; tenant: { id: string; slug: string; name: string }; permissions: string[]; second_factor: boolean; csrf_token: string | null; live_mark: string }; tokens?: { access_token: string; token_type: "Bearer"; expires_in: number; refresh_token: string; refresh_expires_in: number } }
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
}
