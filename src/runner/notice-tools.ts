import type { Gate } from '../delivery/gate.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { Call, CallAnswer } from '../kit/destination.ts'
import type { CompiledDestination } from '../kit/flow.ts'
import { answerOfCall, authorizeCall, type CallContext } from './authorized-call.ts'
import type { Catalog } from './catalog.ts'

const NOTICE_TIMEOUT_MS = 30_000

/** How recipients of a lead are told of an erasure: whom a version of the flow names, and a call of theirs. */
export const createNoticeTools = (options: {
  readonly ctx: CallContext
  readonly catalog: Pick<Catalog, 'version'>
  readonly keyring: Pick<Keyring, 'tenant'>
  readonly gate: Pick<Gate, 'stopped'>
}) => {
  const { ctx, catalog, keyring, gate } = options
  return {
    stopped: (tenantId: string, asked: { readonly flow: string; readonly destination: string }) =>
      gate.stopped({ tenantId, flowId: asked.flow, destination: asked.destination }),
    destination: async (
      tenantId: string,
      asked: { readonly flow: string; readonly flowVersion: number; readonly destination: string },
    ): Promise<CompiledDestination | null> => {
      const { destinations, enrichers } = await catalog.version(tenantId, asked.flow, asked.flowVersion)
      return destinations.get(asked.destination) ?? enrichers.get(asked.destination)?.destination ?? null
    },
    send: async (tenantId: string, destination: CompiledDestination, call: Call): Promise<CallAnswer> => {
      const ready = await authorizeCall(ctx, await keyring.tenant(tenantId), destination, call)
      return answerOfCall(await ready.send({ timeoutMs: NOTICE_TIMEOUT_MS }))
    },
  }
}
