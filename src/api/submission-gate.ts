import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Refusals } from '../audit/refusals.ts'
import { Fault, isFault } from '../base/faults.ts'
import { type Authenticator, findKey, type Recognised, type SubmissionLimit } from '../ingest/authenticate.ts'
import { readMediaType } from '../ingest/body.ts'
import type { Lease, Quota } from '../ingest/quota.ts'
import type { RateLimiter } from '../ingest/rate-limit.ts'
import type { Shedding } from '../ingest/shedding.ts'
import { allowOrigin } from './cors.ts'
import type { ApiDeps } from './deps.ts'
import type { Door } from './door.ts'
import { keyRefused } from './logged-in.ts'
import { answerFormat } from './negotiate.ts'

/** What is judged by the head of a submission, before a byte of its body is read. */

export interface Gate {
  readonly authenticator: Authenticator
  /** In this process, in any window; the quota holds across processes, in each. */
  readonly limiter: RateLimiter
  readonly quota: Quota
  readonly door: Door
  readonly refusals: Refusals
  readonly shedding: Shedding
  readonly deps: ApiDeps
}

export const first = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'object' ? header[0] : header

/** A key that stands twice in an address is one key. */
const keyIn = (query: unknown): string | undefined => {
  const { key } = query as { readonly key?: string | readonly string[] }
  return first(key)
}

export const textIn = (values: unknown, name: string): string | undefined => {
  const value = (values as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' ? value : undefined
}

const limitFault = (limit: SubmissionLimit, retryAfterMs: number, windowMs: number): Fault => {
  const rate = { max: limit.max, windowMs }
  if (limit.of === 'storage')
    return new Fault('payment_required', {
      message: 'The account’s storage is full: what it keeps is as large as its plan takes.',
      retryAfterMs: 3_600_000,
    })
  if (limit.of === 'plan') {
    const message = `The account's plan takes ${limit.max} leads a month, and they are used up. It begins anew in ${Math.ceil(retryAfterMs / 3_600_000)} hours.`
    return new Fault('payment_required', { message, retryAfterMs, rate })
  }
  const message = `At most ${limit.max} submissions in ${windowMs / 1000} s a ${limit.of}.`
  return new Fault('rate_limited', { message, retryAfterMs, rate })
}

/** Takes one of each limit; the lease of the plan's leads, where there is such a limit, may be given back. */
export const takeAll = (
  quota: Quota,
  limits: readonly SubmissionLimit[],
  now: number,
  from = 0,
): Lease | null | Promise<Lease | null> => {
  let plan: Lease | null = null
  for (let at = from; at < limits.length; at += 1) {
    const limit = limits[at]
    if (limit === undefined) break
    const granted = quota.take(limit, now)
    if (granted instanceof Promise)
      return granted.then((later) => {
        if (!later.allowed) throw limitFault(limit, later.retryAfterMs, later.windowMs)
        return limit.of === 'plan' ? later.lease : takeAll(quota, limits, now, at + 1)
      })
    if (!granted.allowed) throw limitFault(limit, granted.retryAfterMs, granted.windowMs)
    // The plan's comes last.
    if (limit.of === 'plan') plan = granted.lease
  }
  return plan
}

export const limitKey = ({ limiter, deps }: Gate, source: Recognised, now: number): void => {
  const taken = limiter.take(source.keyId, now)
  if (taken.allowed) return
  const { rateLimitMax: max, rateLimitWindowMs: windowMs } = deps.settings
  throw new Fault('rate_limited', {
    message: `At most ${max} submissions in ${windowMs / 1000} s a key.`,
    retryAfterMs: taken.retryAfterMs,
    rate: { max, windowMs },
  })
}

/** Those who are not let in are counted by their address. */
const counted = async (gate: Gate, request: FastifyRequest, error: unknown): Promise<never> => {
  if (isFault(error) && error.code === 'unauthenticated') await gate.door.enter(request)
  throw error
}

/** Throws where nothing new is taken in now. */
export const checkOpen = ({ deps, shedding }: Gate): void => {
  if (deps.isDraining()) throw new Fault('shutting_down', { message: 'This server is about to end. Try again.' })
  if (!shedding.admits(deps.runner.inFlight()))
    throw new Fault('overloaded', {
      message: 'Too much is under way; what is goes first. Send it again shortly.',
      retryAfterMs: 2_000,
    })
}

export const recognise = (gate: Gate, request: FastifyRequest, now: number): Recognised | Promise<Recognised> => {
  const { headers, query } = request
  const { flow = null, source = null } = request.params as { readonly flow?: string; readonly source?: string }
  try {
    const found = gate.authenticator.authenticate({
      presented: findKey({
        authorization: headers.authorization,
        apiKey: first(headers['x-api-key']),
        query: keyIn(query),
      }),
      flow,
      source,
      now,
      onRefused: keyRefused(gate.refusals, request),
    })
    return found instanceof Promise ? found.catch((error: unknown) => counted(gate, request, error)) : found
  } catch (error) {
    return counted(gate, request, error)
  }
}

/** Whether a body comes as it is. Codings are the same in any capitals, and an empty header names none. */
const isPlain = (encoding: string | undefined): boolean =>
  encoding === undefined || encoding === '' || encoding.toLowerCase() === 'identity'

/** The hook before a submission's body. Where all is known here it is done at once, without a promise. */
export const judgeHead =
  (gate: Gate): onRequestHookHandler =>
  (request, reply, done) => {
    checkOpen(gate)
    const { headers } = request
    const format = answerFormat(headers.accept)
    const now = gate.deps.clock.now()
    const go = (source: Recognised): void | Promise<void> => {
      if (headers.origin !== undefined) allowOrigin(request, reply, source.corsOrigins)
      limitKey(gate, source, now)
      if (!isPlain(headers['content-encoding'])) {
        throw new Fault('unsupported_media_type', {
          message: 'Content-Encoding: expected none; send the body as it is',
        })
      }
      const media = request.method === 'GET' ? null : readMediaType(headers['content-type'])
      const note = (plan: Lease | null): void => {
        request.submitter = { source, answerFormat: format, media, plan }
      }
      // Last: from here on, whatever refuses it gives the plan's lead back.
      const taken = takeAll(gate.quota, source.limits, now)
      if (taken instanceof Promise) return taken.then(note)
      note(taken)
    }
    const recognised = recognise(gate, request, now)
    const going = recognised instanceof Promise ? recognised.then(go) : go(recognised)
    if (going instanceof Promise) {
      going.then(() => done(), done)
      return
    }
    done()
  }
