import type { CallAnswer } from '../kit/destination.ts'
import type { EventOf } from './events.ts'

/** What a step under way asks of an enricher, by the request's name: its attempts so far. */
export interface Fetching {
  readonly fp: string
  /** The number of the last attempt. */
  attempt: number
  /** Attempts that came to nothing; one whose process died counts for none. */
  failures: number
  /** An attempt was started and is not over: as of a delivery. */
  inFlight: { attempt: number; startedAt: number; started: number; answers: CallAnswer[] } | null
  /** When it is tried again, ms since 1970; null: at once. */
  nextAt: number | null
}

export type Fetches = Map<string, Fetching>

export const startFetch = (fetches: Fetches, { at, data }: EventOf<'enrichment.started'>): void => {
  const known = fetches.get(data.name)
  const fetching: Fetching = known ?? { fp: data.fp, attempt: 0, failures: 0, inFlight: null, nextAt: null }
  fetching.attempt = data.attempt
  fetching.nextAt = null
  if (fetching.inFlight?.attempt === data.attempt) fetching.inFlight.started = data.call
  else fetching.inFlight = { attempt: data.attempt, startedAt: at, started: data.call, answers: [] }
  fetches.set(data.name, fetching)
}

export const answerFetch = (fetches: Fetches, { data, sealed }: EventOf<'enrichment.answered'>): void => {
  const inFlight = fetches.get(data.name)?.inFlight
  if (inFlight && sealed) inFlight.answers.push(sealed.response)
}

export const failFetch = (fetches: Fetches, { data }: EventOf<'enrichment.failed'>): void => {
  // One that may not go out at all was never started.
  const fetching = fetches.get(data.name) ?? { fp: data.fp, attempt: 0, failures: 0, inFlight: null, nextAt: null }
  fetching.attempt = Math.max(fetching.attempt, data.attempt)
  fetching.failures += 1
  fetching.inFlight = null
  fetching.nextAt = data.next_at
  fetches.set(data.name, fetching)
}
