import { Fault } from '../base/faults.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { CallAnswer } from '../kit/destination.ts'
import type { Json } from '../kit/field.ts'
import type { CompiledDestination, Registries } from '../kit/flow.ts'
import type { CallContext } from './authorized-call.ts'
import type { Catalog } from './catalog.ts'
import { samplePayload } from './sample-payload.ts'
import {
  checkDestination,
  destinationOfSettings,
  type Trial,
  triedIn,
  triedNames,
  tryDestination,
} from './try-destination.ts'

type Payload = { readonly [key: string]: Json }

/** A destination or enricher of a published flow, one by its settings that stands in none, or one of a draft. */
export type TrialTarget =
  | { readonly flow: string; readonly destination: string }
  | { readonly type: string; readonly settings: Json }
  | { readonly compiled: CompiledDestination }

/** Tries of destinations for those who set them up. Throws Fault `not_found` or `setting_invalid`. */
export interface Trials {
  /** What one that subscribes to a destination would be sent of a lead. Throws Fault `not_found`. */
  sample(asked: { readonly tenantId: string; readonly flow: string; readonly destination: string }): Promise<Payload>
  /** Throws Fault `not_found`, or `setting_invalid` where nobody, or not this address, may subscribe. */
  mayTake(asked: {
    readonly tenantId: string
    readonly flow: string
    readonly destination: string
    readonly url: string
  }): Promise<void>
  /** `lead`: values by field of the flow, mapped as its deliver steps do. `payload`: what is sent, as it is. */
  test(asked: {
    readonly tenantId: string
    readonly target: TrialTarget
    readonly lead: Payload | null
    readonly payload: Payload | null
    /** Read instead of sending anything. */
    readonly answer: CallAnswer | null
  }): Promise<Trial>
  /** Null: this type of destination has no call that proves the connection. */
  check(asked: { readonly tenantId: string; readonly target: TrialTarget }): Promise<Trial | null>
}

export const createTrials = (options: {
  readonly ctx: CallContext
  readonly keyring: Keyring
  readonly catalog: Catalog
  readonly registries: Registries
  readonly timeoutMs: number
}): Trials => {
  const { ctx, keyring, catalog, registries, timeoutMs } = options

  const found = async (tenantId: string, target: TrialTarget) => {
    if ('compiled' in target)
      return { flow: null, destination: target.compiled, timeoutMs: target.compiled.timeoutMs ?? timeoutMs }
    if ('type' in target) return { flow: null, destination: destinationOfSettings(registries, target), timeoutMs }
    const flow = await catalog.current(tenantId, target.flow)
    const destination = triedIn(flow, target.destination)
    if (!destination)
      throw new Fault('not_found', {
        message: `The flow "${target.flow}" has no destination or enricher "${target.destination}"; it has: ${triedNames(flow)}`,
      })
    return { flow, destination, timeoutMs: destination.timeoutMs ?? timeoutMs }
  }

  return {
    sample: async ({ tenantId, flow: flowId, destination }) => {
      const { flow } = await found(tenantId, { flow: flowId, destination })
      return flow ? samplePayload({ flow, destination, lead: {}, now: ctx.clock.now() }) : {}
    },
    mayTake: async ({ tenantId, flow, destination: id, url }) => {
      const { destination } = await found(tenantId, { flow, destination: id })
      const { subscribed } = destination.type
      if (subscribed === undefined)
        throw new Fault('setting_invalid', {
          message: `Nobody subscribes to "${id}": it is no zapier or make destination`,
        })
      if (!subscribed.takes(url, destination.settings as never))
        throw new Fault('setting_invalid', {
          message: `This address may not subscribe to "${id}": it is none of the service, nor of the hosts the flow names`,
        })
    },
    test: async ({ tenantId, target, lead, payload, answer }) => {
      const { flow, destination, timeoutMs: within } = await found(tenantId, target)
      const now = ctx.clock.now()
      const named = 'destination' in target ? target.destination : ''
      const sent = payload ?? (flow ? samplePayload({ flow, destination: named, lead: lead ?? {}, now }) : (lead ?? {}))
      const as = { ctx, keys: await keyring.tenant(tenantId) }
      return tryDestination({ destination, payload: sent, now, timeoutMs: within, answer, as })
    },
    check: async ({ tenantId, target }) => {
      const { destination, timeoutMs: within } = await found(tenantId, target)
      const as = { ctx, keys: await keyring.tenant(tenantId) }
      return checkDestination({ destination, now: ctx.clock.now(), timeoutMs: within, as })
    },
  }
}
