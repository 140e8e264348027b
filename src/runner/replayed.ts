import { Fault } from '../base/faults.ts'
import type { SingleRequest } from '../kit/requests.ts'
import type { StepRun } from './ask.ts'
import type { Journey } from './journey.ts'

/** What a step that is taken up again must ask. */

/** Names the journal has of a step from the run before: answered, open, or a delivery. */
export const namesKnown = (journey: Journey, step: string): ReadonlySet<string> => {
  const { standing, open, deliveries } = journey.lead
  const names = new Set(standing?.answers.keys())
  for (const request of open.values()) if (request.step === step) names.add(request.name)
  for (const delivery of deliveries.values()) if (delivery.step === step) names.add(delivery.name)
  return names
}

/** A step taken up again asks what it asked before, all of it, before it asks anything new. */
export const noteAsked = (run: StepRun, children: readonly SingleRequest[]): void => {
  const { known } = run
  if (known === null) return
  for (const { name } of children) run.asked?.add(name)
  if (children.some(({ name }) => !known.has(name))) checkReplayed(run)
}

export const checkReplayed = (run: StepRun): void => {
  for (const name of run.known ?? [])
    if (!run.asked?.has(name))
      throw new Fault('replay_diverged', { message: `Step ${run.step} no longer asks for ${name}` })
}
