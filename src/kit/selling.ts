import { type Asking, ask, askAll, askRace, type DeliveryAnswer, type RequestInput } from './requests.ts'

/** Ways to give a lead to some of several destinations. Each asks for final outcomes, and stops at those it needs. */

export type Answers = Readonly<Record<string, DeliveryAnswer>>

type Send = (destination: string) => RequestInput<'delivery.send'>

const accepted = (answers: Answers): number =>
  Object.values(answers).filter(({ outcome }) => outcome === 'success').length

const sendAll = function* (targets: readonly string[], send: Send): Asking<Answers> {
  const [only] = targets
  if (only === undefined) return {}
  if (targets.length === 1) return { [only]: yield* ask('delivery.send', send(only), only) }
  return yield* askAll('delivery.send', Object.fromEntries(targets.map((target) => [target, send(target)] as const)))
}

/** In order: as many at once as are still wanted, then as many again as refused, until enough have taken it. */
export const inOrder = function* (targets: readonly string[], limit: number, send: Send): Asking<Answers> {
  let answers: Answers = {}
  for (let at = 0; at < targets.length && accepted(answers) < limit; ) {
    const next = targets.slice(at, at + limit - accepted(answers))
    at += next.length
    answers = { ...answers, ...(yield* sendAll(next, send)) }
  }
  return answers
}

/** All at once; once enough have taken it the waiting ends. Who is slower is still heard, on the side. */
export const firstOf = function* (targets: readonly string[], limit: number, send: Send): Asking<Answers> {
  const answers: Record<string, DeliveryAnswer> = {}
  let open = [...targets]
  while (open.length > 0) {
    const { name, answer } = yield* askRace(
      'delivery.send',
      Object.fromEntries(open.map((target) => [target, send(target)] as const)),
    )
    answers[name] = answer
    if (accepted(answers) >= limit) return answers
    open = open.filter((target) => target !== name)
  }
  return answers
}

/** The chosen first, then the others in the order of the ring. */
export const beginningWith = (targets: readonly string[], chosen: string): readonly string[] => {
  const at = Math.max(0, targets.indexOf(chosen))
  return [...targets.slice(at), ...targets.slice(0, at)]
}
