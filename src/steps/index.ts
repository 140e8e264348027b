import type { StepType } from '../kit/step.ts'
import { accept } from './accept.ts'
import { branch } from './branch.ts'
import { cap } from './cap.ts'
import { classify } from './classify.ts'
import { consent } from './consent.ts'
import { dedupe } from './dedupe.ts'
import { deliver } from './deliver.ts'
import { enrich } from './enrich.ts'
import { filter } from './filter.ts'
import { list } from './list.ts'
import { match } from './match.ts'
import { normalize } from './normalize.ts'
import { price } from './price.ts'
import { review } from './review.ts'
import { route } from './route.ts'
import { schedule } from './schedule.ts'
import { score } from './score.ts'
import { set } from './set.ts'
import { stop } from './stop.ts'
import { suppress } from './suppress.ts'
import { verify } from './verify.ts'
import { wait } from './wait.ts'

/** Every step a flow may use, by its name there. */
export const stepTypes: Readonly<Record<string, StepType>> = {
  normalize,
  accept,
  dedupe,
  match,
  suppress,
  filter,
  cap,
  price,
  score,
  classify,
  route,
  consent,
  deliver,
  review,
  wait,
  branch,
  set,
  stop,
  list,
  schedule,
  enrich,
  verify,
}
