import { type Static, Type } from 'typebox'
import { Fault } from '../base/faults.ts'
import { type Money, microsOf, microsText, parseMoney } from '../base/money.ts'
import { type Period, windowOf } from '../base/windows.ts'
import { Closed, RuleText, TemplateText, Text } from './config-parts.ts'
import type { RequestInput } from './requests.ts'
import type { Compiler, ConfigReferences, Expression, LeadView, Rule, Template } from './step.ts'
import { textOf } from './values.ts'

/** What a cap is, for steps and destinations alike. */

const own = {
  id: Text('Name of the cap: what its count is kept under, so it outlives a change of its numbers and rules.'),
  max: Type.Union([Type.Integer({ minimum: 0 }), Text('An amount of money.')], {
    description: 'How many leads a window takes, or as `500.00 USD` how much money.',
  }),
  per: Type.Enum(['minute', 'hour', 'day', 'week', 'month', 'total'], {
    description: 'The window, by the calendar of the zone; a week begins on Monday.',
  }),
  sliding: Type.Optional(
    Type.Boolean({
      description:
        'With `true`, the window is the time up to now: the last 60 minutes, 24 hours, 7 or 30 days. Never more than `max` ' +
        'in any such time; a place is free again at most a sixtieth of it late.',
    }),
  ),
  zone: Type.Optional(Text("Time zone of the window, as `America/Chicago`; the flow's where this is left out.")),
  when: Type.Optional(RuleText('Which leads count.')),
  by: Type.Optional(RuleText('Counts apart for each value of this expression, as `lead.state` or `source.id`.')),
  reason: Type.Optional(TemplateText('The reason given where the cap is full.')),
}

const Inner = Closed(own, { description: 'A cap within another.' })

export const Cap = Closed(
  {
    ...own,
    caps: Type.Optional(
      Type.Array(Inner, {
        description: 'Caps within this one: for leads that it counts, by its zone unless they say otherwise.',
      }),
    ),
  },
  { description: 'A limit on how many leads pass in a window, or on what they cost.' },
)

type CapConfig = Static<typeof Cap>

/** What must be checked of caps that stand at this place of a config. */
export const capReferences = (at: string): ConfigReferences => {
  const each = (key: string) => [`${at}.*.${key}`, `${at}.*.caps.*.${key}`]
  return {
    rules: each('when'),
    expressions: each('by'),
    templates: each('reason'),
    zones: each('zone'),
    money: each('max'),
    ids: each('id'),
  }
}

export interface CompiledCap {
  readonly id: string
  /** Leads, or millionths of the currency. */
  readonly max: number
  /** What is counted is money of this currency; null: leads are counted. */
  readonly currency: string | null
  readonly per: Period
  readonly sliding: boolean
  readonly zone: string
  readonly when: Rule | null
  readonly by: Expression | null
  readonly template: Template | null
}

const both = (outer: Rule | null, inner: Rule | null): Rule | null => {
  if (outer === null || inner === null) return outer ?? inner
  return {
    text: `${outer.text} && ${inner.text}`,
    holds: (lead) => outer.holds(lead) && inner.holds(lead),
    saw: (lead) => ({ ...outer.saw(lead), ...inner.saw(lead) }),
    unmet: (lead) => [...outer.unmet(lead), ...inner.unmet(lead)],
  }
}

const compileCap = (config: Omit<CapConfig, 'caps'>, compiler: Compiler, outer: CompiledCap | null): CompiledCap => {
  const { id, max, per, sliding, zone, when, by, reason } = config
  const money = typeof max === 'string' && !/^\d+$/.test(max.trim()) ? parseMoney(max, compiler.currency) : null
  if (sliding === true && per === 'total')
    throw new Fault('flow_invalid', { message: `Cap "${id}": a total has no window that slides` })
  return {
    id,
    max: money ? microsOf(money) : Number(max),
    currency: money?.currency ?? null,
    per,
    sliding: sliding === true,
    zone: zone ?? outer?.zone ?? compiler.zone,
    when: both(outer?.when ?? null, when === undefined ? null : compiler.rule(when)),
    by: by === undefined ? null : compiler.expression(by),
    template: reason === undefined ? null : compiler.template(reason),
  }
}

/** Caps and those within them, one after the other: a lead needs a place in all that apply. */
export const compileCaps = (configs: readonly CapConfig[], compiler: Compiler): CompiledCap[] =>
  configs.flatMap(({ caps, ...config }) => {
    const outer = compileCap(config, compiler, null)
    return [outer, ...(caps ?? []).map((inner) => compileCap(inner, compiler, outer))]
  })

const MINUTE_MS = 60_000
const LENGTHS_MS: Readonly<Record<Exclude<Period, 'total'>, number>> = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: 1440 * MINUTE_MS,
  week: 7 * 1440 * MINUTE_MS,
  month: 30 * 1440 * MINUTE_MS,
}
/** Parts of a sliding window: each counts as a whole until it has wholly left the window. */
const PARTS = 60

type Asked = RequestInput<'cap.reserve'>['caps'][number]

/** The window that now lies in. */
export const capWindow = (cap: CompiledCap, now: number): Pick<Asked, 'from' | 'until' | 'slide'> => {
  const { per, zone } = cap
  if (!cap.sliding || per === 'total') return windowOf({ per, zone, now })
  const ms = LENGTHS_MS[per] / PARTS
  const part = Math.floor(now / ms)
  return { from: 0, until: null, slide: { part, since: part - PARTS, ms } }
}

/** What a lead takes of a cap: one place, or its price. Throws a Fault where the two are of different currencies. */
const amountOf = (cap: CompiledCap, price: Money | null): number => {
  if (cap.currency === null) return 1
  if (price === null) return 0
  if (price.currency !== cap.currency)
    throw new Fault('setting_invalid', {
      message: `Cap "${cap.id}" counts ${cap.currency}, and the price is in ${price.currency}`,
    })
  return Math.max(0, microsOf(price))
}

/** What to ask for, of each cap that applies. `price`: what a cap on money counts. */
export const reservations = (
  caps: readonly CompiledCap[],
  asked: {
    readonly lead: LeadView
    readonly scope: string
    readonly price: Money | null
    readonly across?: string
  },
): readonly Asked[] => {
  const { lead, scope, price, across } = asked
  return caps
    .filter(({ when }) => when === null || when.holds(lead))
    .map((cap) => ({
      id: cap.id,
      scope,
      by: cap.by === null ? null : textOf(cap.by.value(lead)),
      max: cap.max,
      amount: amountOf(cap, price),
      ...capWindow(cap, lead.now),
      ...(across !== undefined && { across }),
    }))
}

/** What is counted, as people write it. */
export const countText = (cap: CompiledCap, count: number): string | number =>
  cap.currency === null ? count : `${microsText(count)} ${cap.currency}`

const LIMITS: Readonly<Record<Period, string>> = {
  minute: 'minute',
  hour: 'hourly',
  day: 'daily',
  week: 'weekly',
  month: 'monthly',
  total: 'total',
}

export const fullReason = (cap: CompiledCap | undefined): string =>
  `Cap exceeded: ${cap ? `${LIMITS[cap.per]} ` : ''}limit reached`
