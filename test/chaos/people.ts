/**
 * Whom the senders send, and what must become of them. What one is stands in the email, so that every part of the test
 * knows it.
 *
 *   ordinary  one accepted lead
 *   flaky     the same; the buyer answers its first call with 503
 *   refused   the buyer refuses: no accepted lead, and its claims and its place in the cap are given back
 *   filtered  the flow turns it away after the cap: the same, without a call
 */
export type Kind = 'ordinary' | 'flaky' | 'refused' | 'filtered'

export interface Answered {
  readonly status: number
  readonly leadId: string
  readonly code: string | null
  readonly duplicateOf: string | null
}

/** One thing a sender wants to see through: sent until it is acknowledged. */
export interface Submission {
  readonly email: string
  readonly kind: Kind
  readonly mode: 'sync' | 'async'
  /** Sent with it at every try; null: sent again as if it were new. */
  readonly idempotencyKey: string | null
  /** The email was acknowledged as accepted before this was first sent. */
  readonly repeats: boolean
  sends: number
  answer: Answered | null
}

export const kindOf = (email: string): Kind => email.slice(0, email.indexOf('.')) as Kind

export const bodyOf = ({ email, kind }: Submission): string =>
  JSON.stringify({ first_name: 'Ada', email, state: kind === 'filtered' ? 'NY' : 'TX' })

/** The whole engine in six steps: claims, a place in a cap, a way to lose both, and a call that cannot be undone. */
export const flowOf = (options: { readonly flow: string; readonly buyerUrl: string; readonly max: number }): string => `
flow: ${options.flow}
country: US
currency: USD
zone: America/Chicago
fields:
  first_name: first_name
  email: { type: email, required: true }
  state: state
sources:
  - id: web
    price: { id: base, amount: '15.00 USD' }
destinations:
  buyer: { name: Buyer, type: http, url: '${options.buyerUrl}', repeat: keyed }
steps:
  - normalize: {}
  - dedupe: { id: once, on: [[email]], within: 30d, duplicate: reject }
  - cap: { caps: [{ id: all, max: ${options.max}, per: total }] }
  - filter: { when: '!(lead.state in ["NY"])', reason: 'State not serviced: {{ lead.state }}' }
  - deliver: { to: buyer, map: { email: '{{ lead.email }}' } }
`
