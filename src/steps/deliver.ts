import { Type } from 'typebox'
import { Closed, Duration, TemplateText, Text } from '../kit/config-parts.ts'
import type { Json } from '../kit/field.ts'
import { PRIORITIES, type Priority } from '../kit/priorities.ts'
import { type Asking, ask, askAll, type DeliveryAnswer } from '../kit/requests.ts'
import { type Answers, beginningWith, firstOf, inOrder } from '../kit/selling.ts'
import { defineStep, type LeadView, type StepResult, skip, type Template } from '../kit/step.ts'
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

/** A target by the name its delivery goes by: a destination, or one of those who have subscribed to it. */
type Targets = ReadonlyMap<string, { readonly destination: string; readonly hook?: string }>

const targetsOf = (lead: LeadView, to: readonly string[]): readonly string[] => {
  const ids = to.flatMap((id) => (id !== ROUTE ? [id] : lead.route === null ? [] : [lead.route]))
  return [...new Set(ids)]
}

const failed = ({ outcome }: DeliveryAnswer) => outcome === 'failure' || outcome === 'error'

const PATTERNS = ['all', 'waterfall', 'first', 'weighted', 'round_robin'] as const

const TargetIds = (description: string) =>
  Type.Union(
    [
      Text('Id of a destination, or `$route`.'),
      Type.Array(Text('Id of a destination, or `$route`.'), { minItems: 1, uniqueItems: true }),
    ],
    { description },
  )

/** When it goes out, as the step says for all its deliveries. */
interface Urgency {
  readonly priority?: Priority
  readonly delayMs?: number
}

const inputOf = (
  { destination, hook }: { readonly destination: string; readonly hook?: string },
  payload: Payload,
  waitFor: 'attempt' | 'final',
  urgency: Urgency,
) => ({ destination, payload, waitFor, ...urgency, ...(hook !== undefined && { hook }) })

const listOf = (targets: string | readonly string[] | undefined): readonly string[] =>
  targets === undefined ? [] : typeof targets === 'string' ? [targets] : targets

/** What the step came to: one still under way is no failure, its end is told by its own events. */
const concluded = (answers: Answers): StepResult => {
  const destinations = Object.fromEntries(Object.entries(answers).map(([id, { outcome }]) => [id, outcome]))
  const outcome = Object.values(answers).every(failed) ? 'failure' : 'success'
  return { kind: 'next', outcome, note: { destinations } }
}

export const deliver = defineStep({
  type: 'deliver',
  summary:
    'Sends the lead to one or several destinations: to all at once, in order until one accepts, to the first to answer, or ' +
    'in turn. It fails where every destination it asked did.',
  event: 'delivery.dispatched',
  revision: 1,
  config: Closed({
    to: TargetIds('Destinations by id; `$route` is the one a route step chose.'),
    pattern: Type.Optional(
      Type.Enum([...PATTERNS], {
        default: 'all',
        description:
          '`all`: to every one at once. `waterfall`: in the order written, until one takes it. `first`: to all at once, and ' +
          'the first that takes it has it. `round_robin`: each in its turn. `weighted`: in turn, by `weights`. Where one ' +
          'does not take its turn, those after it are asked.',
      }),
    ),
    weights: Type.Optional(
      Type.Record(Type.String(), Type.Integer({ minimum: 0, maximum: 1000 }), {
        minProperties: 1,
        description:
          'With `weighted`: shares by destination, 1 where it is not named; 0 is asked only after the others.',
      }),
    ),
    sell_limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description:
          'How many may take it; 1 where the pattern is not `all`. With `all` that many are asked at once, and one more for ' +
          'each that refuses.',
      }),
    ),
    tries: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: 1,
        description:
          'Attempts at each before the next is asked, where not all get it. A call that was sent and not answered is ' +
          'followed up all the same: it may have been taken.',
      }),
    ),
    fallback: Type.Optional(
      TargetIds('Where it goes when none of the others took it; of several to the first that does.'),
    ),
    map: Type.Optional(
      Type.Record(Type.String(), TemplateText('The value. A lone `{{ lead.x }}` keeps its type.'), {
        minProperties: 1,
        description:
          'What is sent, by name; names are taken as they are, dots included, and blank values are left out. ' +
          'Without it: `lead_id` and every field in its normal form.',
      }),
    ),
    priority: Type.Optional(
      Type.Enum([...PRIORITIES], {
        description:
          'What comes first where not all can go out at once, and how long it waits before: `emergency` not at all, `high` ' +
          '30 seconds, `medium` 5 minutes, `low` 30 minutes, or as the operator has set it. Without it: at once.',
      }),
    ),
    delay: Type.Optional(Duration('How long it waits before its first attempt, in place of the priority’s own delay.')),
    wait_for: Type.Optional(
      Type.Enum(['attempt', 'final'], {
        default: 'attempt',
        description:
          'Go on after the first attempt, or only when no further one will be made. Where not all get it, or there is a ' +
          '`fallback`, it is `final`.',
      }),
    ),
  }),
  references: {
    durations: ['delay'],
    destinations: ['to', 'to.*', 'fallback', 'fallback.*'],
    destinationKeys: ['weights'],
    templates: ['map.*'],
  },
  example: { to: 'main-crm', map: { LastName: '{{ lead.last_name }}', Phone: '{{ lead.phone }}' } },
  create: (config, compiler) => {
    const to = listOf(config.to)
    const fallback = listOf(config.fallback)
    const map = config.map && Object.entries(config.map).map(([name, text]) => [name, compiler.template(text)] as const)
    const pattern = config.pattern ?? 'all'
    const choosing = pattern !== 'all' || config.sell_limit !== undefined
    const limit = config.sell_limit ?? 1
    const urgency: Urgency = {
      ...(config.priority !== undefined && { priority: config.priority }),
      ...(config.delay !== undefined && { delayMs: compiler.durationMs(config.delay) }),
    }
    const weightOf = (target: string) => (pattern === 'weighted' ? (config.weights?.[target] ?? 1) : 1)

    /** Who is asked: of a destination that is subscribed to, each that has. */
    const expanded = function* (ids: readonly string[]): Asking<Targets> {
      const targets = new Map<string, { readonly destination: string; readonly hook?: string }>()
      for (const id of ids) {
        if (compiler.destination(id).subscribed !== true) {
          targets.set(id, { destination: id })
          continue
        }
        const { hooks } = yield* ask('hooks.list', { destination: id }, `hooks of ${id}`)
        for (const hook of hooks) targets.set(`${id}~${hook.split('/').at(-1) ?? ''}`, { destination: id, hook })
      }
      return targets
    }

    /** To every one at once, as far as the first attempt, or to the end. */
    const toAll = function* (targets: Targets, payload: Payload, waitFor: 'attempt' | 'final'): Asking<Answers> {
      const inputs = Object.fromEntries(
        [...targets].map(([name, target]) => [name, inputOf(target, payload, waitFor, urgency)] as const),
      )
      const [only] = Object.entries(inputs)
      return only !== undefined && targets.size === 1
        ? { [only[0]]: yield* ask('delivery.send', only[1], only[0]) }
        : yield* askAll('delivery.send', inputs)
    }

    const inTurn = function* (targets: readonly string[]): Asking<readonly string[]> {
      const among = targets.map((to) => ({ to, weight: weightOf(to) })).filter(({ weight }) => weight > 0)
      if (among.length === 0 || targets.length === 1) return targets
      const { to: chosen } = yield* ask('turn.take', { turns: compiler.stepId, among })
      return beginningWith(targets, chosen)
    }

    return function* deliver(lead) {
      const ids = targetsOf(lead, to)
      if (ids.length === 0 && fallback.length === 0) return skip({ note: { destinations: {} } })
      const payload = map ? mapped(lead, map) : wholeLead(lead)
      const targets = yield* expanded(ids)
      if (targets.size === 0 && fallback.length === 0) return skip({ note: { destinations: {} } })
      if (!choosing && fallback.length === 0)
        return concluded(yield* toAll(targets, payload, config.wait_for ?? 'attempt'))

      const send = (among: Targets) => (name: string) => ({
        ...inputOf(among.get(name) ?? { destination: name }, payload, 'final', urgency),
        tries: config.tries ?? 1,
      })
      const names = [...targets.keys()]
      const order = pattern === 'weighted' || pattern === 'round_robin' ? yield* inTurn(names) : names
      const answers = !choosing
        ? yield* toAll(targets, payload, 'final')
        : pattern === 'first'
          ? yield* firstOf(order, limit, send(targets))
          : yield* inOrder(order, limit, send(targets))
      if (Object.values(answers).some(({ outcome }) => outcome === 'success')) return concluded(answers)
      const others = yield* expanded(targetsOf(lead, fallback).filter((id) => !ids.includes(id)))
      return concluded({ ...answers, ...(yield* inOrder([...others.keys()], 1, send(others))) })
    }
  },
})
