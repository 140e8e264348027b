import type { Static, TObject } from 'typebox'
import type { FaultCode } from '../base/faults.ts'
import type { Money } from '../base/money.ts'
import type { Json } from './field.ts'

/** What proves who calls, where a server asks for a certificate. PEM. */
export interface ClientCertificate {
  readonly certificate: string
  readonly key: string
  readonly passphrase: string | null
}

/** One outside call of a destination. */
export interface Call {
  /** A token in capitals; never CONNECT or TRACE. */
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** Added by `authorize` alone. */
  readonly certificate?: ClientCertificate
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
  /** The subscription it is for, with a type that is subscribed to: the name of the secret that holds its address. */
  readonly hook?: string
  /** ms since 1970, of the attempt. */
  readonly now: number
}

/** Further values that an answer held, by the name the flow gives them. */
export type Captured = Readonly<Record<string, string>>

/** What became of one attempt. */
export type AttemptResult =
  | {
      readonly outcome: 'success'
      readonly reference: string | null
      readonly price: Money | null
      readonly reason: string | null
      readonly captured?: Captured
    }
  /** The destination said no: recorded, not tried again. */
  | {
      readonly outcome: 'failure'
      readonly reason: string
      readonly code: FaultCode
      readonly reference?: string | null
      readonly captured?: Captured
      /** The subscription is over: it is taken off. */
      readonly unsubscribe?: true
    }
  /** Whether it is tried again follows from the code's kind. */
  | {
      readonly outcome: 'error'
      readonly reason: string
      readonly code: FaultCode
      readonly retryAfterMs: number | null
    }

/** What a destination that received a lead must do with it. */
export interface ForgetInput {
  readonly act: 'erase' | 'revoke' | 'restrict' | 'rectify'
  readonly requestId: string
  readonly leadId: string
  /** The id its delivery had: what the provider knew as the idempotency key. */
  readonly deliveryId: string
  /** What the destination calls the lead, where it said so. */
  readonly reference: string | null
  /** ms since 1970 */
  readonly now: number
}

export interface Credential {
  /** The tenant's secret of that name; a missing one throws Fault('setting_invalid'). */
  secret(name: string): string
  /** The access token that `token` asked for; null where it asks for none. */
  readonly token: string | null
  /** ms since 1970: what a signature is dated. */
  readonly now: number
}

/** An access token as its provider gave it. */
export interface AccessToken {
  readonly value: string
  /** ms since 1970; null: not said. */
  readonly expiresAt: number | null
  /** What the next one is asked with, where the provider gave a new one. */
  readonly refresh: string | null
}

/** How an access token is got: asked for once for all who need it, kept sealed, renewed before it ends. */
export interface TokenSource {
  /** Whatever makes its token another than others': same name, same token. No secret. */
  readonly name: string
  /** `refresh`: what the last answer gave for this purpose, if anything. */
  request(credential: Pick<Credential, 'secret' | 'now'>, refresh: string | null): Call
  /** Throws a Fault where the answer holds no token. */
  read(answer: CallAnswer, now: number): AccessToken
}

/** What stands between the values of a template and the text they are written into. */
export type Escape = 'none' | 'json' | 'xml' | 'html' | 'url' | 'header' | 'mrkdwn' | 'mrkdwn_json'

export interface TextTemplate {
  /** Values by name: `payload`, `delivery`, `now`. A missing one is empty. */
  render(values: { readonly [name: string]: Json }): string
}

/** A pattern that takes time in proportion to the text, whatever it is. */
/** What searches may still do; they take it away. Several that share it are bounded together. */
export interface SearchSteps {
  steps: number
}

export interface CapturePattern {
  /** The first match: the whole, then its groups; null where there is none, or none as far as the steps left reach. */
  find(text: string, left?: SearchSteps): readonly (string | null)[] | null
}

/** What a destination may use of the house. Each throws Fault('setting_invalid') for a text that cannot be read. */
export interface DestinationTools {
  template(text: string, into: Escape): TextTemplate
  pattern(text: string): CapturePattern
}

/** Something wrong with settings that their schema cannot say. */
export interface SettingFlaw {
  /** `response.reason_path` */
  readonly path: string
  readonly message: string
}

/** One lead of a batch. */
export interface BatchRow {
  readonly deliveryId: string
  /** What a provider knows it by, the same at every attempt: another where a person changed what is sent. */
  readonly key: string
  readonly leadId: string
  readonly payload: DeliveryInput['payload']
}

/** What became of each of a batch, by its delivery; of one that is not named nobody knows. */
export interface BatchEnded {
  readonly outcome: 'each'
  readonly results: ReadonlyMap<string, AttemptResult>
}

/**
 * A destination whose deliveries leave together, in files or in one call. Sent twice a batch is the same, under the same
 * name; whether that does no harm is what `repeat` says.
 */
export interface BatchType<Settings> {
  /** Whether these settings ask for it; absent: always. */
  uses?(settings: Settings): boolean
  /** What receivers go by is the key of the batch: a lead in another batch is another to them. */
  readonly keyOfBatch?: boolean
  /** Leads in one; absent: 10,000. */
  rowsMax?(settings: Settings): number
  /** When what comes now leaves, ms since 1970. */
  nextAt(settings: Settings, now: number): number
  name(asked: { readonly id: string; readonly now: number; readonly flow: string }, settings: Settings): string
  content(rows: readonly BatchRow[], settings: Settings): string
  deliver(
    file: {
      readonly tenantId: string
      readonly name: string
      /** ms since 1970; the same at every attempt. */
      readonly madeAt: number
      /** When this attempt began, ms since 1970: what answers say of times is read by it. */
      readonly now: number
      readonly content: string
      /** SHA-256 of the content, in hex. */
      readonly digest: string
      readonly rows: readonly BatchRow[]
    },
    settings: Settings,
    tools: DestinationTools,
  ): Generator<Call, AttemptResult | BatchEnded, CallAnswer>
}

/** How a type of destination looks facts up, where it can: an enricher is a destination whose answer is the point. */
export interface Enriching {
  /** What a flow says of the calls; beside it stand `facts`, `fresh_for` and `sample`. */
  readonly settings: TObject
  readonly example: { readonly [name: string]: Json }
  /** The settings of the destination it is, with the places in the answer where the facts stand, by name. */
  readonly asDestination: (
    settings: { readonly [name: string]: Json },
    places: Readonly<Record<string, string>>,
  ) => { readonly [name: string]: Json }
  /** Facts come back as `captured`. */
  readonly ask: (
    input: DeliveryInput,
    settings: never,
    tools: DestinationTools,
  ) => Generator<Call, AttemptResult, CallAnswer>
}

export interface DestinationType<Schema extends TObject = TObject> {
  readonly type: string
  readonly summary: string
  readonly settings: Schema
  /** What the provider does with the same delivery twice: nothing (`safe`), recognises its key (`keyed`), doubles it (`unsafe`). */
  readonly repeat: (settings: Static<Schema>) => 'safe' | 'keyed' | 'unsafe'
  /** A delivery waits until the one before it, of the same lead, has come to its end. */
  readonly ordered?: boolean
  readonly example: Static<Schema>
  /** What the schema cannot say: templates, patterns and paths that cannot be read. Told when the flow is checked. */
  readonly flaws?: (settings: Static<Schema>, tools: DestinationTools) => readonly SettingFlaw[]
  /** Others subscribe to it by themselves, with an address that it takes: each subscription is a delivery of its own. */
  readonly subscribed?: { readonly takes: (url: string, settings: Static<Schema>) => boolean }
  /** Facts can be looked up by it. */
  readonly enriches?: Enriching
  /** Its deliveries leave together; `deliver` is then for trying it out. */
  readonly batch?: BatchType<Static<Schema>>
  /** One call or five look alike: yields calls, receives their answers. */
  readonly deliver: (
    input: DeliveryInput,
    settings: Static<Schema>,
    tools: DestinationTools,
  ) => Generator<Call, AttemptResult, CallAnswer>
  /** Calls that only ask: where one goes unanswered nothing was done, and all is tried again whatever `repeat` says. */
  readonly asks?: (call: Call) => boolean
  /** The access token its calls carry; null or absent: none. */
  readonly token?: (settings: Static<Schema>) => TokenSource | null
  /** The only code that sees a credential: adds it to a call just before it is sent. What it adds is not journaled. */
  readonly authorize: (call: Call, settings: Static<Schema>, credential: Credential) => Call | Promise<Call>
  /**
   * Tells the destination that a person asked to be forgotten, or took a consent back. Success is its acknowledgement.
   * Absent, or null for these settings: somebody has to tell it.
   */
  readonly forget?: (input: ForgetInput, settings: Static<Schema>) => Generator<Call, AttemptResult, CallAnswer> | null
  /** The cheapest call that proves the connection, or null where there is none. */
  readonly check: (settings: Static<Schema>) => Call | null
  /** What the answer to that says, where it may say no with a 2xx; absent: by its status. */
  readonly readCheck?: (answer: CallAnswer, now: number) => AttemptResult
}

export const defineDestination = <Schema extends TObject>(
  destination: DestinationType<Schema>,
): DestinationType<Schema> => destination
