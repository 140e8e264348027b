import { sqlState } from '../database/pool.ts'
import type { AttemptResult } from '../kit/destination.ts'
import type { CompiledDestination } from '../kit/flow.ts'
import type { RunnerContext } from './context.ts'
import { type Journey, personKeys, REACHED } from './journey.ts'

/**
 * What stands between a decision and its call: a person who took a consent back in between. The commit before each call
 * asks for them and fails; the lead is run again, and then looked up first.
 */
export const noteBlock = (ctx: RunnerContext, journey: Journey, error: unknown): void => {
  if (sqlState(error) === 'MR002') ctx.blocks.suspect(personKeys(journey))
}

/** How the delivery of a person who is blocked ends; null: they are not. Costs nothing where no commit met a block. */
export const blockOf = async (
  ctx: RunnerContext,
  journey: Journey,
  { channels }: Pick<CompiledDestination, 'channels'>,
): Promise<AttemptResult | null> => {
  if (!ctx.blocks.isSuspect(() => personKeys(journey))) return null
  const why = await ctx.blocks.why(journey.lead.tenantId, personKeys(journey), [...REACHED, ...channels])
  if (why === null) return null
  const reason = `Not sent: the person is ${why === 'revoked' ? 'opted out' : why}`
  return { outcome: 'failure', reason, code: 'person_blocked' }
}
