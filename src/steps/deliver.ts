import { Type } from 'typebox'
import { Closed, TemplateText, Text } from '../kit/config-parts.ts'
import type { Json } from '../kit/field.ts'
import { ask, askAll, type DeliveryAnswer } from '../kit/requests.ts'
import { defineStep, type LeadView, skip, type Template } from '../kit/step.ts'
import { isBlank } from '../kit/values.ts'

const ROUTE = '$route'

type Payload = { readonly [key: string]: Json }

/** Every field that was sent and understood, in its normal form. */
const wholeLead = (lead: LeadView): Payload => {
  const sent = Object.entries(lead.fields).filter(
    ([name, field]) => name !== 'lead_id' && !isBlank(field) && field.normal !== null,
  )
  return Object.fromEntries([['lead_id', lead.id], ...sent.map(([name, field]) => [name, field.normal])])
}

/** What the map names and nothing else; what comes out blank is left out, so that it overwrites nothing there. */
const mapped = (lead: LeadView, map: readonly (readonly [string, Template])[]): Payload =>
  Object.fromEntries(
    map
      .map(([name, template]) => [name, template.render(lead)] as const)
      .filter(([, value]) => value !== null && value !== ''),
  )

const targetsOf = (lead: LeadView, to: readonly string[]): readonly string[] => {
  const ids = to.flatMap((id) => (id !== ROUTE ? [id] : lead.route === null ? [] : [lead.route]))
  return [...new Set(ids)]
}

const failed = ({ outcome }: DeliveryAnswer) => outcome === 'failure' || outcome === 'error'

export const deliver = defineStep({
  type: 'deliver',
  summary:
    'Sends the lead to one or several destinations at once. It goes on after the first attempt; further ones are made ' +
    'on the side, unless it waits for the final outcome. It fails where every destination did.',
  event: 'delivery.dispatched',
  revision: 1,
  config: Closed({
    to: Type.Union(
      [
        Text('Id of a destination, or `$route`.'),
        Type.Array(Text('Id of a destination, or `$route`.'), { minItems: 1, uniqueItems: true }),
      ],
      { description: 'Destinations by id; `$route` is the one a route step chose.' },
    ),
    map: Type.Optional(
      Type.Record(Type.String(), TemplateText('The value. A lone `{{ lead.x }}` keeps its type.'), {
        minProperties: 1,
        description:
          'What is sent, by name; names are taken as they are, dots included, and blank values are left out. ' +
          'Without it: `lead_id` and every field in its normal form.',
      }),
    ),
    wait_for: Type.Optional(
      Type.Enum(['attempt', 'final'], {
        default: 'attempt',
        description: 'Go on after the first attempt, or only when no further one will be made.',
      }),
    ),
  }),
  references: { destinations: ['to', 'to.*'], templates: ['map.*'] },
  example: { to: 'main-crm', map: { LastName: '{{ lead.last_name }}', Phone: '{{ lead.phone }}' } },
  create: (config, compiler) => {
    const to = typeof config.to === 'string' ? [config.to] : config.to
    const map = config.map && Object.entries(config.map).map(([name, text]) => [name, compiler.template(text)] as const)
    const waitFor = config.wait_for ?? 'attempt'
    return function* deliver(lead) {
      const targets = targetsOf(lead, to)
      const [only] = targets
      if (only === undefined) return skip({ note: { destinations: {} } })
      const payload = map ? mapped(lead, map) : wholeLead(lead)
      const inputs = Object.fromEntries(
        targets.map((destination) => [destination, { destination, payload, waitFor }] as const),
      )
      const answers =
        targets.length === 1
          ? { [only]: yield* ask('delivery.send', { destination: only, payload, waitFor }, only) }
          : yield* askAll('delivery.send', inputs)
      const destinations = Object.fromEntries(Object.entries(answers).map(([id, { outcome }]) => [id, outcome]))
      // One still under way is no failure: its end is told by its own events.
      const outcome = Object.values(answers).every(failed) ? 'failure' : 'success'
      return { kind: 'next', outcome, note: { destinations } }
    }
  },
})
