// Generated from docs/reference/openapi.json. To make it anew: npm run reference

export interface Consent {
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
}
