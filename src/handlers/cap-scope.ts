import { type HashKey, keyedHash } from '../base/seal.ts'
import type { RequestInput } from '../kit/requests.ts'

const BY_DIGITS = 32

/** The name a value is counted under: it may be personal, and is hashed. */
export const countedBy = (lookup: HashKey, value: string): string =>
  keyedHash(lookup, `cap|${value}`).slice(0, BY_DIGITS)

/** A counter's place among all of its tenant's. Windows of another kind are counters of their own. */
export const capScope = (asked: {
  readonly flow: string
  readonly test: boolean
  readonly lookup: HashKey
  readonly cap: Pick<RequestInput<'cap.reserve'>['caps'][number], 'id' | 'scope' | 'by' | 'slide' | 'across'>
}): string => {
  const { flow, test, lookup, cap } = asked
  const place = cap.across === undefined ? `${flow}/${cap.scope}` : `*/${cap.across}`
  const slide = cap.slide ? `~${cap.slide.ms}` : ''
  const by = cap.by === null ? '' : `#${countedBy(lookup, cap.by)}`
  return `${test ? 'test:' : ''}${place}/${cap.id}${slide}${by}`
}
