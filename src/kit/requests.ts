import type { Money } from '../base/money.ts'
import type { Json } from './field.ts'
import type { Priority } from './priorities.ts'

/**
 * What a step may ask, and what it gets back. A step yields a request; the runner performs it, journals the answer
 * and hands it in. The kind's version is journaled with it: an answer of an older shape is upcast, never asked again.
 */
export interface Requests {
  /** Claims that this lead is the first with any of these keys within the window. All keys are claimed, or none. */
  'identity.claim': {
    input: {
      /** Stable id of the dedupe rule: part of the key, so two rules don't meet. */
      readonly rule: string
      readonly scope: 'flow' | 'source' | 'tenant'
      /** How long a claim holds, in ms; null: for ever. */
      readonly withinMs: number | null
      /** Alternatives: any one that is held makes a duplicate. `on` names the fields, `values` their normal forms. */
      readonly keys: readonly { readonly on: readonly string[]; readonly values: readonly string[] }[]
      /** A lead that comes to this keeps its claims. Absent: they are given up. */
      readonly keepWhen?: readonly ('rejected' | 'erased')[]
      /** Who is first begins a person; a duplicate belongs to it. */
      readonly person?: boolean
    }
    answer:
      | { readonly held: true }
      | {
          readonly held: false
          readonly leadId: string
          readonly seenAt: number
          readonly on: readonly string[]
          /** Of the lead that holds the claim. Absent where it was not asked for. */
          readonly person?: string
        }
  }
  /** Finds the person that a lead belongs to, or begins one. */
  'identity.match': {
    input: {
      /** Text by kind of field: `surname`, `birth_date`, `phone`. */
      readonly record: Readonly<Record<string, string>>
      /** What the organisation it speaks for is known by, the surest first; and its name and domain. */
      readonly account: { readonly keys: readonly string[]; readonly name: string; readonly domain: string } | null
      /** ISO 3166-1 alpha-2 */
      readonly country: string
      /** Probabilities: from this one up two records are one person; from this one up a person is asked. */
      readonly threshold: number
      readonly reviewThreshold: number
      readonly model: 'learned' | 'shipped'
      /** The person it began is found by others although the lead is rejected. */
      readonly keptWhenRejected: boolean
    }
    answer: MatchAnswer
  }
  /** Says what a person decided about two persons. */
  'identity.settle': {
    input: {
      readonly person: string
      readonly candidate: string
      readonly same: boolean
      readonly by: string
      readonly codes: readonly number[]
    }
    answer: { readonly person: string }
  }
  /** Looks the values up in the tenant's suppression lists. The first hit, in the order of lists and values, answers. */
  'suppression.lookup': {
    input: {
      readonly lists: readonly string[]
      readonly values: readonly ListedValue[]
      /** Entries added longer ago than this, in ms, count for nothing; null or absent: all count. */
      readonly withinMs?: number | null
    }
    answer:
      | { readonly found: false }
      | {
          readonly found: true
          readonly list: string
          readonly label: string
          readonly field: string
          readonly addedAt: number
          /** Where there are several, all of them. */
          readonly hits?: readonly { readonly list: string; readonly field: string; readonly addedAt: number }[]
        }
  }
  /**
   * Changes a list, with the commit that tells of it. `check_and_add` looks first: of two leads that bring a value at
   * the same moment, one finds nothing and the other finds it.
   */
  'list.change': {
    input: {
      readonly list: string
      readonly action: 'add' | 'remove' | 'check_and_add'
      readonly values: readonly ListedValue[]
      /** ms since 1970; null: never. */
      readonly expiresAt: number | null
      readonly withinMs: number | null
    }
    answer:
      | { readonly found: false }
      | { readonly found: true; readonly label: string; readonly field: string; readonly addedAt: number }
  }
  /** Writes down what a person consented to, with the commit that tells of it. */
  'consent.record': {
    input: {
      readonly channels: readonly string[]
      /** What the person is reached by, in normal form. */
      readonly values: readonly { readonly kind: 'email' | 'phone'; readonly value: string }[]
      /** ms since 1970: when it was given. */
      readonly at: number
      readonly renews: boolean
      readonly wording: string
      readonly purpose: string | null
      readonly basis: string
      readonly seller: string | null
      readonly url: string | null
      readonly ip: string | null
      readonly proof: string | null
      readonly source: string
    }
    answer: { readonly records: readonly string[] }
  }
  /** How a person's consents stand, by channel: `given`, `none`, `revoked`, `restricted`, `objected` or `erased`. */
  'consent.check': {
    input: {
      readonly channels: readonly string[]
      readonly values: readonly { readonly kind: 'email' | 'phone'; readonly value: string }[]
      readonly seller: string | null
    }
    answer: { readonly channels: Readonly<Record<string, string>> }
  }
  /** Reserves one place (or an amount) in every cap, or in none. */
  'cap.reserve': {
    input: {
      readonly caps: readonly {
        readonly id: string
        readonly scope: string
        /** Counts apart for each value; it may be personal, and is kept as a keyed hash. */
        readonly by: string | null
        readonly max: number
        readonly amount: number
        /** The window that now lies in: its start and end, ms; null end: for ever. */
        readonly from: number
        readonly until: number | null
        /** Of a sliding window: the part of it that now lies in, the first that counts, and how long one is, ms. */
        readonly slide?: { readonly part: number; readonly since: number; readonly ms: number }
        /** Counted for all flows of the tenant under this name, in place of the step's scope. */
        readonly across?: string
      }[]
      /** The name of the delivery whose places these are: given back where it fails for good. */
      readonly delivery?: string
    }
    answer:
      | { readonly reserved: true; readonly used: readonly number[] }
      | { readonly reserved: false; readonly cap: string; readonly used: number }
  }
  /** Takes the next turn among destinations, in proportion to their weights. It is given back where the lead comes to nothing. */
  'turn.take': {
    input: {
      /** Stable id of whose turns they are; other destinations or weights begin anew. */
      readonly turns: string
      readonly among: readonly { readonly to: string; readonly weight: number }[]
    }
    answer: { readonly to: string }
  }
  /** Who has subscribed to a destination: the names their addresses are kept under. */
  'hooks.list': { input: { readonly destination: string }; answer: { readonly hooks: readonly string[] } }
  /** Waits until an instant, ms since 1970. Nothing sits in memory. */
  'time.wait': { input: { readonly until: number }; answer: { readonly at: number } }
  /** Asks a person. */
  'review.ask': {
    input: { readonly queue: string; readonly note: string | null }
    answer: { readonly decision: 'approve' | 'reject'; readonly reason: string | null; readonly by: string }
  }
  /** Asks an enricher what it knows; an error that outlasts its tries is thrown, and is the step's to deal with. */
  'facts.fetch': {
    input: {
      readonly enricher: string
      readonly payload: { readonly [key: string]: Json }
    }
    answer: FactsAnswer
  }
  /** Gives the lead to a destination. Answers after the first attempt, or with `waitFor: 'final'` after the last. */
  'delivery.send': {
    input: {
      readonly destination: string
      readonly payload: { readonly [key: string]: Json }
      readonly waitFor: 'attempt' | 'final'
      /**
       * Attempts after which the next destination has its turn; absent: as many as the destination is given. A call that
       * was sent and not answered is followed up all the same: it may have been taken.
       */
      readonly tries?: number
      /** Of a destination that is subscribed to: the subscription it is for. */
      readonly hook?: string
      /** Absent: it goes out at once. Present: after the priority's delay, or after `delayMs` where that is said. */
      readonly priority?: Priority
      readonly delayMs?: number
    }
    answer: DeliveryAnswer
  }
}

/** What an enricher said. */
export interface FactsAnswer {
  /** `failure`: it knows nothing, or says no. */
  readonly outcome: 'success' | 'failure'
  readonly reason: string | null
  /** All that the flow names, typed; null: not known. */
  readonly facts: Readonly<Record<string, Json>>
  /** When it said so, where it was asked for an earlier lead, ms since 1970; null: it was asked for this one. */
  readonly since: number | null
  /** What the answer is kept under for others, base64url; null: it is not. */
  readonly key: string | null
}

/** A value as it is looked for in lists: its normal form. */
export interface ListedValue {
  readonly field: string
  readonly value: string
}

/** Why two records are one person, or not. Weights in bits (logarithms to base 2 of odds). */
export interface MatchReasons {
  readonly probability: number
  readonly total: number
  /** Before anything is compared; and what is taken off because a family would agree as well. */
  readonly prior: number
  readonly kinship: number
  readonly fields: readonly {
    readonly group: string
    readonly levels: readonly { readonly field: string; readonly level: string }[]
    readonly weight: number
    /** Of the weight, what comes of how rare the values are. */
    readonly rarity: number
  }[]
}

interface MatchSaid {
  readonly person: string
  readonly candidates: number
  /** Version of the weights; 0: those shipped. */
  readonly model: number
}

/** A person of its own. `none`: the lead says too little to be found by. */
export interface Unmatched extends MatchSaid {
  /** Of the likeliest of the candidates. */
  readonly probability?: number
}

/** With `review` too the lead has a person of its own, until somebody decided. */
export interface Matched extends MatchSaid {
  /** The person it is likest to, the lead by which that is, and when that one came. */
  readonly candidate: string
  readonly leadId: string
  readonly seenAt: number
  readonly because: MatchReasons
  readonly codes: readonly number[]
  /** Other persons that turned out to be the same by this lead. */
  readonly merged?: readonly string[]
}

export type MatchAnswer =
  | ({ readonly band: 'none' } & Unmatched)
  | ({ readonly band: 'different' } & Unmatched)
  | ({ readonly band: 'same' } & Matched)
  | ({ readonly band: 'review' } & Matched)

export interface DeliveryAnswer {
  /** `pending`: to be tried again, or unknown and parked for a person. */
  readonly outcome: 'success' | 'failure' | 'error' | 'pending'
  readonly destination: string
  /** What the destination calls the lead: its reference. */
  readonly reference: string | null
  readonly reason: string | null
  readonly code: string | null
  /** What the buyer pays, where its answer says so. */
  readonly price: Money | null
}

export type RequestKind = keyof Requests
export type RequestInput<K extends RequestKind> = Requests[K]['input']
export type RequestAnswer<K extends RequestKind> = Requests[K]['answer']

/** Shape version of each kind's input and answer. */
export const REQUEST_VERSIONS: Readonly<Record<RequestKind, number>> = {
  'identity.claim': 1,
  'identity.match': 1,
  'identity.settle': 1,
  'suppression.lookup': 1,
  'list.change': 1,
  'consent.record': 1,
  'consent.check': 1,
  'cap.reserve': 1,
  'turn.take': 1,
  'hooks.list': 1,
  'time.wait': 1,
  'review.ask': 1,
  'facts.fetch': 1,
  'delivery.send': 1,
}

/** What simulation does with a kind: takes the answer recorded then, asks anew, or asks as of that time. */
export const REQUEST_REPLAY: Readonly<Record<RequestKind, 'recorded' | 'recomputed' | 'as_of'>> = {
  'identity.claim': 'as_of',
  'identity.match': 'recorded',
  'identity.settle': 'recorded',
  'suppression.lookup': 'as_of',
  'list.change': 'as_of',
  'consent.record': 'recorded',
  'consent.check': 'as_of',
  'cap.reserve': 'recomputed',
  'turn.take': 'recomputed',
  'hooks.list': 'recorded',
  'time.wait': 'recorded',
  'review.ask': 'recorded',
  'facts.fetch': 'recorded',
  'delivery.send': 'recorded',
}

export type SingleRequest = {
  [K in RequestKind]: { readonly kind: K; readonly name: string; readonly input: RequestInput<K> }
}[RequestKind]

/** Several requests at once. Each child has a stable name and is journaled singly. */
export interface GroupRequest {
  readonly kind: 'all' | 'race'
  readonly children: readonly SingleRequest[]
}

export type Request = SingleRequest | GroupRequest

/** What a step's generator is: it yields requests, receives answers, returns a result. */
export type Asking<R> = Generator<Request, R, unknown>

/** Asks one thing. `name` tells two requests of one kind within a step apart. */
export function* ask<K extends RequestKind>(
  kind: K,
  input: RequestInput<K>,
  name: string = kind,
): Asking<RequestAnswer<K>> {
  return (yield { kind, name, input } as SingleRequest) as RequestAnswer<K>
}

/** Asks several things of one kind at once; answers by name. */
export function* askAll<K extends RequestKind>(
  kind: K,
  inputs: Readonly<Record<string, RequestInput<K>>>,
): Asking<Record<string, RequestAnswer<K>>> {
  const children = Object.entries(inputs).map(([name, input]) => ({ kind, name, input }) as SingleRequest)
  return (yield { kind: 'all', children }) as Record<string, RequestAnswer<K>>
}

/** Asks several things of one kind; the first answer ends the asking. */
export function* askRace<K extends RequestKind>(
  kind: K,
  inputs: Readonly<Record<string, RequestInput<K>>>,
): Asking<{ name: string; answer: RequestAnswer<K> }> {
  const children = Object.entries(inputs).map(([name, input]) => ({ kind, name, input }) as SingleRequest)
  return (yield { kind: 'race', children }) as { name: string; answer: RequestAnswer<K> }
}
