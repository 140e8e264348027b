import type { Json } from '../kit/field.ts'
import type { CompiledFlow, CompiledStep } from '../kit/flow.ts'
import type { Request, SingleRequest } from '../kit/requests.ts'
import type { LeadView } from '../kit/step.ts'

/** What a destination would be given of a lead, or an enricher asked with: its flow's steps are asked, and nothing is performed. */

type Payload = { readonly [key: string]: Json }

/** A value that its type itself gives as an example, for each field that was not given one. */
const sampleValues = (flow: CompiledFlow, given: Payload): Payload =>
  Object.fromEntries(flow.fields.map(({ name, type }) => [name, given[name] ?? type.examples[0] ?? null]))

/** Ends of steps that send something of a lead. */
const SENDING: ReadonlySet<string> = new Set(['delivery.dispatched', 'lead.enriched', 'lead.verified'])

/** Somebody who might have subscribed. */
const SAMPLE_HOOK = 'hook/sample/sample/sample'

/** Requests of one step at most: a waterfall asks one after the other. */
const TURNS_MAX = 600

const answerTo = (request: SingleRequest): unknown =>
  request.kind === 'delivery.send'
    ? {
        outcome: 'failure',
        destination: request.input.destination,
        reference: null,
        reason: null,
        code: null,
        price: null,
      }
    : request.kind === 'hooks.list'
      ? { hooks: [SAMPLE_HOOK] }
      : request.kind === 'turn.take'
        ? { to: request.input.among[0]?.to ?? '' }
        : request.kind === 'facts.fetch'
          ? { outcome: 'success', reason: null, facts: {}, since: null, key: null }
          : request.kind === 'cap.reserve'
            ? { reserved: true, used: request.input.caps.map(() => 1) }
            : null

const payloadOf = (step: CompiledStep, view: LeadView, destination: string): Payload | null => {
  const asking = step.run(view)
  let turn = asking.next()
  for (let turns = 0; !turn.done && turns < TURNS_MAX; turns += 1) {
    const request: Request = turn.value
    const children: readonly SingleRequest[] = 'children' in request ? request.children : [request]
    for (const child of children)
      if (
        (child.kind === 'delivery.send' && child.input.destination === destination) ||
        (child.kind === 'facts.fetch' && child.input.enricher === destination)
      )
        return child.input.payload
    const [first] = children
    if (first === undefined) return null
    if (!('children' in request)) turn = asking.next(answerTo(first))
    else if (request.kind === 'race') turn = asking.next({ name: first.name, answer: answerTo(first) })
    else turn = asking.next(Object.fromEntries(children.map((child) => [child.name, answerTo(child)])))
  }
  return null
}

export const samplePayload = (asked: {
  readonly flow: CompiledFlow
  readonly destination: string
  /** Values by field; the others are taken from the examples of their types. */
  readonly lead: Payload
  readonly now: number
}): Payload => {
  const { flow, destination, now } = asked
  const values = sampleValues(flow, asked.lead)
  const [source] = [...flow.sources.values()]
  const fields = flow.parse(values, now)
  const view: LeadView = {
    id: '00000000-0000-7000-8000-000000000000',
    test: true,
    receivedAt: now,
    now,
    flow: { id: flow.id, name: flow.name, version: flow.version, country: flow.country, currency: flow.currency },
    source: { id: source?.id ?? '', name: source?.name ?? '' },
    fields,
    extra: {},
    appended: Object.fromEntries(
      [...flow.enrichers].map(([id, { sample }]) => [id, { ...sample, outcome: 'success', reason: null }]),
    ),
    score: null,
    class: null,
    route: destination,
    price: null,
    deliveries: {},
  }
  for (const step of source?.program ?? []) {
    if (!SENDING.has(step.event)) continue
    const payload = payloadOf(step, view, destination)
    if (payload !== null) return payload
  }
  return {
    lead_id: view.id,
    ...Object.fromEntries(
      Object.entries(fields).flatMap(([name, { normal }]) => (normal === null ? [] : [[name, normal]])),
    ),
  }
}
