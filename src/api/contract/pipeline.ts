import { Type } from 'typebox'
import { AnyJson, TextOrNull, Time, TimeOrNull } from './shapes.ts'

export const ACTIONS = [
  'pause-queues',
  'resume-queues',
  'emergency-mode',
  'pause-tenant-calls',
  'resolve-error',
] as const
export type PipelineAction = (typeof ACTIONS)[number]

export const METRICS = [
  'queue-status',
  'rate-limits',
  'error-stats',
  'lead-stats',
  'call-stats',
  'system-health',
] as const

export const PipelineBody = Type.Object(
  {
    action: Type.Enum([...ACTIONS], {
      description:
        '`pause-queues` and `resume-queues`: of `queues` and `destinations`, or all. `emergency-mode`: no call leaves ' +
        'until it ends; leads are taken in. `pause-tenant-calls`: no call of the tenant leaves until `enabled` is false. `resolve-error`: a parked ' +
        'lead goes on, or its delivery is decided about.',
    }),
    queues: Type.Optional(Type.Array(Type.Enum(['deliveries', 'leads', 'jobs']), { minItems: 1 })),
    destinations: Type.Optional(
      Type.Array(Type.String({ pattern: '^[^/]+/[^/]+$', maxLength: 201, description: 'flow/destination' }), {
        minItems: 1,
        maxItems: 100,
      }),
    ),
    enabled: Type.Optional(Type.Boolean({ description: 'False ends emergency mode or a pause. Default true.' })),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: 'Kept sealed.' })),
    duration: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 604_800,
        description: 'Seconds until it ends by itself. Emergency mode: 3600 where left out; pauses: until resumed.',
      }),
    ),
    lead_id: Type.Optional(Type.String({ maxLength: 36 })),
    delivery_id: Type.Optional(Type.String({ maxLength: 36 })),
    resolution: Type.Optional(
      Type.Enum(['resume', 'replay', 'discard', 'delivered', 'not_delivered'], {
        description: '`resume` the lead (default), or what becomes of `delivery_id`.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const HoldView = Type.Object({
  scope: Type.String({ description: '`emergency`, `tenant`, `queue` or `destination`.' }),
  name: Type.String(),
  since: Time('When it began.'),
  until: TimeOrNull('When it ends by itself.'),
  by: Type.String(),
  code: TextOrNull({ description: 'The fault that Millrace itself stopped it for.' }),
  reason: TextOrNull(),
})

export const PipelineAnswer = Type.Object({
  action: Type.String(),
  done: Type.Array(Type.String(), { description: 'What was stopped, lifted or decided.' }),
  holds: Type.Array(HoldView, { description: 'Everything that is stopped now.' }),
})

export const MetricQuery = Type.Object({ metric: Type.Enum([...METRICS]) }, { additionalProperties: false })

export const MetricAnswer = Type.Object({
  metric: Type.String(),
  at: Time('When it was read.'),
  data: AnyJson('By the metric; see docs/guides/delivery.md.'),
})
