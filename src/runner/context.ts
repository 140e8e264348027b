import type { Clock } from '../base/clock.ts'
import type { FaultCode } from '../base/faults.ts'
import type { Gate } from '../delivery/gate.ts'
import type { Lane } from '../delivery/lane.ts'
import type { Batches } from '../handlers/batches.ts'
import type { Blocks } from '../handlers/blocks.ts'
import type { Caps } from '../handlers/caps.ts'
import type { Consent } from '../handlers/consent.ts'
import type { Facts } from '../handlers/facts.ts'
import type { Identity } from '../handlers/identity.ts'
import type { ListChanges } from '../handlers/list-changes.ts'
import type { KnownLists } from '../handlers/lists.ts'
import type { LookUp } from '../handlers/look-up.ts'
import type { Persons } from '../handlers/persons.ts'
import type { Secrets } from '../handlers/secrets.ts'
import type { Suppression } from '../handlers/suppression.ts'
import type { Tokens } from '../handlers/tokens.ts'
import type { Appender } from '../journal/append.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { LeadLoader } from '../journal/read.ts'
import type { PriorityDelays } from '../kit/priorities.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { Catalog } from './catalog.ts'

/** What a failed attempt leads to by default; a destination may say otherwise. */
export interface DeliveryDefaults {
  readonly attemptsMax: number
  readonly retryDelayMs: number
  readonly timeoutMs: number
}

/** The part of a logger this room needs. Fields never hold personal data. */
export interface RunnerLog {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

/** Everything the runner runs with, handed in. */
export interface RunnerContext {
  readonly clock: Clock
  readonly random: () => number
  readonly keyring: Keyring
  readonly catalog: Catalog
  readonly appender: Appender
  readonly loader: LeadLoader
  readonly identity: Identity
  readonly suppression: Suppression
  readonly listChanges: ListChanges
  readonly lists: KnownLists
  readonly blocks: Blocks
  readonly consent: Consent
  readonly lookUp: LookUp
  readonly persons: Persons
  readonly caps: Caps
  readonly secrets: Secrets
  readonly tokens: Tokens
  readonly batches: Batches
  readonly outbound: Outbound
  readonly deliveries: DeliveryDefaults
  readonly priorityDelaysMs: PriorityDelays
  /** What enrichers said, for leads that ask the same. */
  readonly facts: Facts
  /** How long an enricher may take to answer where the flow does not say, ms. */
  readonly enrichmentTimeoutMs: number
  readonly gate: Gate
  /** A delivery came to an end that somebody should look at. */
  readonly onDeadLetter: (lane: Lane, code: FaultCode) => void
  /** A lead was put down until then, ms since 1970: a hint to whoever takes up what is due. */
  readonly onDue: (at: number) => void
  /** Types of step that are skipped, with the name of the operator's switch. */
  readonly stepsOff: ReadonlyMap<string, string>
  readonly leadsInFlightMax: number
  /** The wake-up time of a lead that waits for a person, ms since 1970. */
  readonly never: number
  /** Runs of one lead that may end with the process's death before it is parked. */
  readonly crashesMax: number
  /** The number this process holds its lock under: what `work.runner` and the fence carry. */
  readonly runnerNumber: () => number
  readonly log: RunnerLog
  /** A lead that this process lost sight of: the sweeper looks it up. `away`: only because the database was. */
  readonly onDoubt: (lead: { readonly tenantId: string; readonly leadId: string; readonly away: boolean }) => void
}
