import { Compile } from 'typebox/compile'
import { FAULTS, Fault, isFault, POLICY } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { createDestinationTools } from '../flow/destination-tools.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import type { AttemptResult, Call, CallAnswer, DestinationType } from '../kit/destination.ts'
import type { Json } from '../kit/field.ts'
import type { CompiledDestination, CompiledFlow, Registries } from '../kit/flow.ts'
import { redactHeaders } from '../outbound/redact.ts'
import { answerOfCall, authorizeCall, type CallContext } from './authorized-call.ts'

/** A destination tried on a sample: what would be sent, what came back, and what would be read. Nothing is journaled. */

type Destination = Pick<CompiledDestination, 'type' | 'settings' | 'tools'>

export interface TriedExchange {
  /** As a journal would keep it: without credentials. */
  readonly request: Call
  /** Null: there was none. */
  readonly response: CallAnswer | null
  readonly ms: number | null
}

export interface Trial {
  readonly exchanges: readonly TriedExchange[]
  readonly result: AttemptResult
  /** What a lead's delivery with this result would do next. */
  readonly next: 'done' | 'tried_again' | 'parked' | 'dead_letter' | 'pauses_connection'
}

/** A destination of a flow, or an enricher of it that is asked as one; null: it has neither of this id. */
export const triedIn = (flow: CompiledFlow, id: string): CompiledDestination | null => {
  const asked = flow.enrichers.get(id)?.destination
  const { enriches } = asked?.type ?? {}
  if (asked && enriches)
    return { ...asked, type: { ...asked.type, deliver: enriches.ask as DestinationType['deliver'] } }
  return flow.destinations.get(id) ?? null
}

/** What there is to try, for who named something else. */
export const triedNames = ({ destinations, enrichers }: CompiledFlow): string =>
  [...destinations.keys(), ...enrichers.keys()].join(', ')

/** Throws Fault('setting_invalid') that lists what is wrong with settings not read out of a flow. */
export const destinationOfSettings = (
  registries: Registries,
  given: { readonly type: string; readonly settings: Json },
): Destination => {
  const type = Object.hasOwn(registries.destinations, given.type) ? registries.destinations[given.type] : undefined
  if (type === undefined)
    throw new Fault('setting_invalid', {
      message: `There is no destination type "${given.type}"; there are: ${Object.keys(registries.destinations).join(', ')}`,
    })
  const tools = createDestinationTools({ country: 'US', zone: 'UTC' })
  const wrong = [...Compile(type.settings).Errors(given.settings)].map(({ instancePath, message }) => ({
    field: `settings${instancePath.replaceAll('/', '.')}`,
    message: message ?? 'is not what it must be',
  }))
  const flaws = wrong.length > 0 ? [] : (type.flaws?.(given.settings as never, tools) ?? [])
  const problems = [...wrong, ...flaws.map(({ path, message }) => ({ field: `settings.${path}`, message }))]
  if (problems.length > 0)
    throw new Fault('setting_invalid', {
      message: `The settings of this ${given.type} destination are not right: ${problems.map(({ field, message }) => `${field} ${message}`).join('; ')}`,
      problems,
    })
  return { type, settings: given.settings, tools }
}

const nextOf = (result: AttemptResult, destination: Destination): Trial['next'] => {
  if (result.outcome !== 'error') return 'done'
  const policy = POLICY[FAULTS[result.code]]
  if (policy.after === 'pause') return 'pauses_connection'
  if (policy.retry === 'if_repeatable')
    return destination.type.repeat(destination.settings as never) === 'unsafe' ? 'parked' : 'tried_again'
  return policy.retry === 'never' ? 'dead_letter' : 'tried_again'
}

const shown = (call: Call): Call => ({
  method: call.method,
  url: call.url,
  headers: redactHeaders(call.headers),
  body: call.body,
})

const faulty = (error: unknown): AttemptResult => {
  if (!isFault(error)) throw error
  return { outcome: 'error', reason: error.message, code: error.code, retryAfterMs: error.retryAfterMs ?? null }
}

type Send = (call: Call) => Promise<{ readonly answer: CallAnswer; readonly ms: number | null }>

const sender =
  (ctx: CallContext, keys: TenantKeys, destination: Destination, timeoutMs: number): Send =>
  async (call) => {
    const authorized = await authorizeCall(ctx, keys, destination, call)
    const response = await authorized.send({ timeoutMs })
    return { answer: answerOfCall(response), ms: Math.round(response.ms) }
  }

export interface TryAsked {
  readonly destination: Destination
  readonly payload: { readonly [key: string]: Json }
  readonly now: number
  readonly timeoutMs: number
  /** Given: nothing is sent, and this is read instead. */
  readonly answer: CallAnswer | null
  /** With whose credentials it is sent; null with an answer. */
  readonly as: { readonly ctx: CallContext; readonly keys: TenantKeys } | null
}

/** Calls of one try at most. */
const CALLS_MAX = 20

export const tryDestination = async (asked: TryAsked): Promise<Trial> => {
  const { destination, payload, now, answer, as } = asked
  const { type, settings, tools } = destination
  const id = newId(now)
  const send: Send =
    answer !== null || as === null
      ? async () => ({ answer: answer ?? { status: 200, headers: {}, body: '' }, ms: null })
      : sender(as.ctx, as.keys, destination, asked.timeoutMs)
  const exchanges: TriedExchange[] = []
  const run = async (): Promise<AttemptResult> => {
    const program = type.deliver({ deliveryId: id, leadId: id, attempt: 1, payload, now }, settings as never, tools)
    let step = program.next()
    while (!step.done) {
      const call = step.value
      exchanges.push({ request: shown(call), response: null, ms: null })
      if (exchanges.length > CALLS_MAX) throw new Fault('internal', { message: 'The destination calls without end' })
      const sent = await send(call)
      exchanges[exchanges.length - 1] = {
        request: shown(call),
        response: { ...sent.answer, headers: redactHeaders(sent.answer.headers) },
        ms: sent.ms,
      }
      step = program.next(sent.answer)
    }
    return step.value
  }
  const result = await run().catch(faulty)
  return { exchanges, result, next: nextOf(result, destination) }
}

/** Makes the call that proves the connection. Null: this destination has none. */
export const checkDestination = async (asked: Omit<TryAsked, 'payload' | 'answer'>): Promise<Trial | null> => {
  const { destination, as } = asked
  const call = destination.type.check(destination.settings as never)
  if (call === null || as === null) return null
  try {
    const { answer, ms } = await sender(as.ctx, as.keys, destination, asked.timeoutMs)(call)
    const ok = answer.status >= 200 && answer.status < 300
    const response = { ...answer, headers: redactHeaders(answer.headers) }
    const refused = answer.status === 401 || answer.status === 403
    const read = destination.type.readCheck
    const result: AttemptResult = read
      ? read(answer, asked.now)
      : ok
        ? { outcome: 'success', reference: null, price: null, reason: null }
        : {
            outcome: 'error',
            reason: `Answered ${answer.status}`,
            code: refused ? 'destination.credentials' : 'destination.unavailable',
            retryAfterMs: null,
          }
    return { exchanges: [{ request: shown(call), response, ms }], result, next: nextOf(result, destination) }
  } catch (error) {
    const result = faulty(error)
    return {
      exchanges: [{ request: shown(call), response: null, ms: null }],
      result,
      next: nextOf(result, destination),
    }
  }
}
