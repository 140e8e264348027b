import type { AttemptResult, CallAnswer } from '../../kit/destination.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'

/** A webhook's answer says whether it was taken by its status alone. */

export const SUCCESS: AttemptResult = { outcome: 'success', reference: null, price: null, reason: null }

export const readAnswer = (answer: CallAnswer, now: number): AttemptResult => {
  const code = faultOfStatus(answer.status, answer.headers)
  if (code === null) return SUCCESS
  const reason = `Answered ${answer.status}`
  return code === 'destination.rejected'
    ? { outcome: 'failure', reason, code }
    : { outcome: 'error', reason, code, retryAfterMs: retryAfterMs(answer.headers, now) }
}
