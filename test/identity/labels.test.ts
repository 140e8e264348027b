import { expect, it } from 'vitest'
import { createJudge } from '../../src/identity/explain.ts'
import { createIntake, rowOf } from '../../src/identity/intake.ts'
import { type Label, learnModel } from '../../src/identity/learning.ts'
import { createLinkage } from '../../src/identity/link.ts'
import { shippedModel } from '../../src/identity/shipped.ts'
import { createTableBuilder } from '../../src/identity/table.ts'

const intake = createIntake('US')

const NAMES = ['Ada', 'Grace', 'Linus', 'Maria', 'Chen', 'Priya', 'Emily', 'Robert', 'Walter', 'Ingrid']

/** 300 persons, every third twice; the second time with another address. */
const table = () => {
  const builder = createTableBuilder(intake.schema)
  for (let n = 0; n < 400; n += 1) {
    const who = n < 300 ? n : (n - 300) * 3
    builder.add(
      rowOf({
        given_name: NAMES[who % 10] as string,
        surname: `Sur${String.fromCharCode(97 + (who % 26))}nam${String.fromCharCode(97 + (who % 23))}`,
        email: `p${who}${n < 300 ? '' : 'x'}@example.com`,
        phone: `+1512${2_000_000 + who * 7919}`,
      }),
    )
  }
  return builder.build()
}

const learned = (labels: readonly Label[]) => {
  const linkage = createLinkage(table())
  const learning = learnModel(linkage.table, linkage.comparer, linkage.candidates, labels)
  for (;;) {
    const step = learning.next()
    if (step.done) return createJudge({ schema: intake.schema, model: step.value.model })
  }
}

it('labels move what pairs of their kind are taken for, towards what was said', () => {
  const one = intake.read(rowOf({ given_name: 'Ada', surname: 'Surcnamf', phone: '+15125550101' }))
  const other = intake.read(rowOf({ given_name: 'Ada', surname: 'Surxnamq', phone: '+15125550101' }))
  const judge = createJudge({ schema: intake.schema, model: shippedModel(intake.schema) })
  const { codes } = judge.judge(one, other)
  const probability = (labels: readonly Label[]) => learned(labels).judge(one, other).probability
  const say = (same: boolean) => Array.from({ length: 60 }, () => ({ codes, same }))
  const unsaid = probability([])
  expect(probability(say(true))).toBeGreaterThan(unsaid)
  expect(probability(say(false))).toBeLessThanOrEqual(unsaid)
})
