import type { RouteOptions } from 'fastify'
import type { Logger } from 'pino'
import type { Passwords } from '../access/passwords.ts'
import type { SsoSend } from '../access/sso.ts'
import type { Audit } from '../audit/audit.ts'
import type { Clock } from '../base/clock.ts'
import type { Database, Statement } from '../database/pool.ts'
import type { Gate, GateLimits } from '../delivery/gate.ts'
import type { SendAgain } from '../feed/send-again.ts'
import type { FeedSender } from '../feed/sender.ts'
import type { ListStore } from '../handlers/list-store.ts'
import type { OwnRecords } from '../journal/person-writes.ts'
import type { JournalReader } from '../journal/types.ts'
import type { DestinationType } from '../kit/destination.ts'
import type { FlowProblem } from '../kit/flow.ts'
import type { Privacy } from '../privacy/privacy.ts'
import type { Amendments } from '../runner/amend.ts'
import type { CapDesk } from '../runner/cap-desk.ts'
import type { DeadLetterRuns } from '../runner/dead-letter-runs.ts'
import type { Trials } from '../runner/trials.ts'
import type { Runner } from '../runner/types.ts'
import type { Workbench } from '../runner/workbench.ts'
import type { Site } from '../site/site.ts'
import type { Mail } from './links.ts'
import type { Metrics } from './metrics.ts'

/** What the HTTP side is handed. main.ts builds it; the tests hand in a scripted runner. */
export interface ApiDeps {
  readonly runner: Runner
  readonly reader: JournalReader
  readonly database: Database
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly audit: Audit
  readonly privacy: Privacy
  readonly delivery: ApiDelivery
  readonly settings: ApiSettings
  /** The console's files; left out: there is no console. */
  readonly site?: Site
  readonly keys: ApiKeys
  readonly lists: ListStore
  readonly caps: CapDesk
  /** The house's way out, for single sign-on. */
  readonly send: SsoSend
  /** Sends mail to users; null where no server for it is set. */
  readonly mail: ((mail: Mail) => Promise<void>) | null
  /** Checks a flow's document and, where nothing is wrong with it, makes it the next version and raises the epoch. */
  publish(asked: {
    readonly tenantId: string
    readonly text: string
    readonly by: string
    readonly note?: string | null
    readonly base?: number | null
    /** Told which flow it is, before anything is written. */
    readonly onFlow?: (flow: string) => void
  }): Promise<Published>
  /** Everything wrong with a flow's document. */
  check(text: string): readonly FlowProblem[]
  /** Destinations tried out by those who set them up. */
  readonly trials: Trials
  readonly workbench: Workbench
  /** What leads that are split off are found by from then on. */
  readonly ownRecords: OwnRecords
  readonly feed: ApiFeed
  readonly destinationTypes: Readonly<Record<string, DestinationType>>
  /**
   * Whether the tenant's configuration is still the one of this epoch, as far as this process knows. A key that was
   * looked up under another epoch is looked up again; answering false for ever costs one query a submission.
   */
  isCurrent(tenantId: string, epoch: number): boolean
  /** How often an open line of live updates says that it stands, and asks whether its listener may still hear. Left out: 15 s. */
  readonly livePingMs?: number
  /** Checks passwords; left out: by argon2id. */
  readonly passwords?: Promise<Passwords>
  /** Told of every route, as it is added: for tests that walk them all. */
  readonly onRoute?: (route: RouteOptions) => void
  /** Whether the process is ending: `/readyz` then answers 503. */
  isDraining(): boolean
}

/** What tells others what happens. */
export interface ApiFeed {
  /** Who has subscribed is read anew. */
  forget(tenantId: string): void
  /** Something may be due. */
  hint(): void
  test: FeedSender['test']
  sendAgain: SendAgain['begin']
}

/** What stands between deliveries and their calls, and how people act on it. */
export interface ApiDelivery {
  readonly amendments: Amendments
  readonly gate: Gate
  readonly limits: GateLimits
  readonly deadLetters: Pick<DeadLetterRuns, 'start'>
}

export interface ApiSettings {
  readonly version: string
  /** Submissions a key may make within the window. */
  readonly rateLimitMax: number
  readonly rateLimitWindowMs: number
  /** Where the world reaches this server, without a slash at its end; null: addresses in answers have no host. */
  readonly publicUrl: string | null
  /** Requests a minute without a valid login or key from one address. */
  readonly ipRateLimitMax: number
  readonly leadsInFlightMax: number
  /** Addresses and ranges whose `X-Forwarded-…` is believed. */
  readonly trustedProxies: readonly string[]
  /** Opens the platform API; null: there is none. */
  readonly platformKey: string | null
}

export interface ApiKeys {
  /** What sessions' tokens are made with, 32 bytes. */
  readonly token: Uint8Array
  /** Keyed hash of a login's email, as `millrace.login.email_key` holds it. The email is trimmed and in lower case. */
  login(email: string): Buffer
  /** Seals a text under the tenant's key. */
  sealTenant(tenantId: string, text: string): Promise<Buffer>
  /** Statements that make the keys of a new tenant. */
  makeTenant(tenantId: string, at: number): Promise<readonly Statement[]>
  /** Opens what that sealed. */
  openTenant(tenantId: string, sealed: Uint8Array): Promise<string>
  /** Keyed hash of a person's email or phone, as `millrace.lead` holds it. */
  person(tenantId: string, kind: 'email' | 'phone', normal: string): Promise<bigint>
}

/** `version` is null where nothing was published, because of the problems. */
export interface Published {
  readonly flow: string
  readonly version: number | null
  readonly problems: readonly FlowProblem[]
  /** Keys made for sources that had none. */
  readonly keys: readonly { readonly source: string; readonly key: string }[]
}
