import type { Static, TObject } from 'typebox'
import type { FaultCode } from '../base/faults.ts'
import type { Money } from '../base/money.ts'
import type { Json } from './field.ts'

/** One outside call of a destination. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export interface CallAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface DeliveryInput {
  /** Stable over all attempts of this delivery: the provider's idempotency key. */
  readonly deliveryId: string
  readonly leadId: string
  readonly attempt: number
  readonly payload: { readonly [key: string]: Json }
  /** ms since 1970, of the attempt. */
  readonly now: number
}

/** What became of one attempt. */
export type AttemptResult =
  | {
      readonly outcome: 'success'
      readonly reference: string | null
      readonly price: Money | null
      readonly reason: string | null
    }
  /** The destination said no: recorded, not tried again. */
  | { readonly outcome: 'failure'; readonly reason: string; readonly code: FaultCode }
  /** Whether it is tried again follows from the code's kind. */
  | {
      readonly outcome: 'error'
      readonly reason: string
      readonly code: FaultCode
      readonly retryAfterMs: number | null
    }

export interface Credential {
  /** The tenant's secret of that name; a missing one throws Fault('setting_invalid'). */
  secret(name: string): string
}

export interface DestinationType<Schema extends TObject = TObject> {
  readonly type: string
  readonly summary: string
  readonly settings: Schema
  /** What the provider does with the same delivery twice: nothing (`safe`), recognises its key (`keyed`), doubles it (`unsafe`). */
  readonly repeat: (settings: Static<Schema>) => 'safe' | 'keyed' | 'unsafe'
  readonly example: Static<Schema>
  /** One call or five look alike: yields calls, receives their answers. */
  readonly deliver: (input: DeliveryInput, settings: Static<Schema>) => Generator<Call, AttemptResult, CallAnswer>
  /** The only code that sees a credential: adds it to a call just before it is sent. */
  readonly authorize: (call: Call, settings: Static<Schema>, credential: Credential) => Call
  /** The cheapest call that proves the connection, or null where there is none. */
  readonly check: (settings: Static<Schema>) => Call | null
}

export const defineDestination = <Schema extends TObject>(
  destination: DestinationType<Schema>,
): DestinationType<Schema> => destination
