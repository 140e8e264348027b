import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkFlow } from '../../src/flow/parse.ts'
import { registries, type TestHouse, testHouse } from '../support/house.ts'

/** What was published goes on, though this program would not take it any more. */

let home: TestHouse

beforeAll(async () => {
  home = await testHouse()
})
afterAll(() => home.close())

const flow = (id: string, steps: string) => `
flow: ${id}
fields: { email: { type: email, required: true }, contact: string }
sources: [ { id: web } ]
steps:
${steps}`

/** As a program wrote it that did not look for what this one looks for. */
const publishedOnce = async (id: string, steps: string): Promise<void> => {
  await home.publish(flow(id, '  - match: {}\n'))
  await home.inspect('update millrace.flow_version set document = $1 where flow_id = $2', [flow(id, steps), id])
}

it('with a field that it does not have, and a step that no lead reaches', async () => {
  const steps = '  - match: { fields: { contcat: none } }\n  - stop: {}\n  - match: { id: again }\n'
  expect(checkFlow(flow('wide', steps), registries).map(({ code }) => code)).toEqual(['unknown_field', 'unreachable'])
  await publishedOnce('wide', steps)
  const { answer } = await home.submit('wide', 'web', { email: 'ada@example.com' })
  expect(answer).toMatchObject({ outcome: 'success' })
})

it('but not where it would do something else than what was published', async () => {
  const steps = '  - match: { threshold: 7 }\n'
  expect(checkFlow(flow('other', steps), registries).map(({ code }) => code)).toEqual(['shape'])
  await publishedOnce('other', steps)
  await expect(home.submit('other', 'web', { email: 'ada@example.com' })).rejects.toMatchObject({
    code: 'flow_invalid',
  })
})
