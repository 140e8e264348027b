import { Fault } from '../base/faults.ts'
import { LEAD_STATUSES, OUTCOMES, PENDING, REJECTIONS } from '../lead/codes.ts'

/** What leads can be asked for by, of closed lists: a word that no lead has would find none, as if there were none. */
const WORDS: Readonly<Record<'outcome' | 'status' | 'code', readonly string[]>> = {
  outcome: OUTCOMES,
  status: LEAD_STATUSES,
  code: [...Object.keys(REJECTIONS), ...Object.keys(PENDING)],
}

/** Throws Fault `invalid_request`. */
export const refuseUnknownWords = (asked: {
  readonly outcome?: string
  readonly status?: string
  readonly code?: string
}): void => {
  const problems = (Object.keys(WORDS) as (keyof typeof WORDS)[]).flatMap((field) => {
    const text = asked[field]
    if (text === undefined) return []
    const words = field === 'code' ? text.split(',') : [text]
    return words.some((word) => !WORDS[field].includes(word))
      ? [{ field, message: `expected one of ${WORDS[field].join(', ')}` }]
      : []
  })
  const [first] = problems
  if (first) throw new Fault('invalid_request', { message: `${first.field}: ${first.message}`, problems })
}
