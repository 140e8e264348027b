import type { AttemptResult, Call, CallAnswer, DeliveryInput, DestinationTools } from '../../kit/destination.ts'
import { readAnswer } from './answer.ts'
import { isRedirect, redirected } from './redirects.ts'
import { callOf } from './request.ts'
import type { HttpSettings } from './settings.ts'

/** A call, what it is redirected to, and what the last answer says. */
export function* exchange(asked: {
  readonly input: DeliveryInput
  readonly settings: HttpSettings
  readonly tools: DestinationTools
  /** What stands in the address already is not added to its query once more. */
  readonly rest: boolean
}): Generator<Call, AttemptResult, CallAnswer> {
  const { input, settings, tools, rest } = asked
  let call = callOf(input, settings, tools, rest)
  let answer = yield call
  for (let followed = 0; followed < (settings.follow_redirects ?? 0) && isRedirect(answer); followed += 1) {
    const next = redirected({ call, answer, settings })
    if ('result' in next) return next.result
    call = next.call
    answer = yield call
  }
  return readAnswer({ answer, settings, tools, now: input.now })
}
