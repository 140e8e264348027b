import type { TenantKeys } from '../journal/keyring.ts'
import type { Call, CallAnswer } from '../kit/destination.ts'
import type { CompiledDestination } from '../kit/flow.ts'
import type { OutboundRequest, OutboundResponse } from '../outbound/outbound.ts'
import type { RunnerContext } from './context.ts'

/** What a call of a destination needs of the runner, wherever it is made from. */
export type CallContext = Pick<RunnerContext, 'clock' | 'secrets' | 'tokens' | 'outbound'>

type Destination = Pick<CompiledDestination, 'type' | 'settings'>

export type CallTimeouts = Pick<
  OutboundRequest,
  'timeoutMs' | 'connectTimeoutMs' | 'headersTimeoutMs' | 'bodyTimeoutMs'
>

export interface AuthorizedCall {
  /** Rejects with a Fault, as `Outbound.send` does. */
  send(timeouts: CallTimeouts): Promise<OutboundResponse>
}

/**
 * A call with its credential, which stands nowhere else. Throws where the credential cannot be had: nothing was sent.
 *
 * An access token that is refused was ended before its time, by a person or a restart over there: the call was not taken,
 * and is made once more with a new one.
 */
export const authorizeCall = async (
  ctx: CallContext,
  keys: TenantKeys,
  { type, settings }: Destination,
  call: Call,
): Promise<AuthorizedCall> => {
  const source = type.token?.(settings as never) ?? null
  const ready = async (): Promise<{ readonly token: string | null; readonly call: Call }> => {
    const { secret } = await ctx.secrets.credential(keys)
    const token = source && (await ctx.tokens.token(keys, source))
    return { token, call: await type.authorize(call, settings as never, { secret, token, now: ctx.clock.now() }) }
  }
  const first = await ready()
  return {
    send: async (timeouts) => {
      const response = await ctx.outbound.send({ ...first.call, ...timeouts })
      if (response.status !== 401 || source === null || first.token === null) return response
      await ctx.tokens.refused(keys, source, first.token)
      return ctx.outbound.send({ ...(await ready()).call, ...timeouts })
    },
  }
}

export const answerOfCall = ({ status, headers, body }: OutboundResponse): CallAnswer => ({ status, headers, body })
