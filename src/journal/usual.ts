import type { Json } from '../kit/field.ts'
import type { LeadEvent, LeadEventType, StepEnded } from '../lead/events.ts'

/**
 * What most events of a type say alike: left out of a segment, put back when it is read. It keeps a lead's row at a
 * third of a page. Part of the stored format: a value here may never change, only a name be added with its version.
 */
const USUAL: Readonly<Partial<Record<LeadEventType, Readonly<Record<string, unknown>>>>> = {
  'lead.received': { mode: 'sync', test: false },
  'lead.mapped': { invalid: [], unmapped: 0, ms: 0 },
  'source.closed': {
    type: 'source',
    code: null,
    revenue: '0',
    enhancements: 0,
    deliveries: { attempted: 0, successful: 0, failed: 0 },
  },
}

/** Equal as JSON: scalars, and objects and lists of scalars. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => (a as Record<string, unknown>)[key] === (b as Record<string, unknown>)[key])
}

/** The data of an event without what is usual. */
export const withoutUsual = (event: LeadEvent): object => {
  const usual = USUAL[event.type]
  if (usual === undefined) return event.data
  const rest: Record<string, unknown> = {}
  const data = event.data as Readonly<Record<string, unknown>>
  for (const name in data) if (!(name in usual && isSame(data[name], usual[name]))) rest[name] = data[name]
  return rest
}

interface Points {
  readonly rule: string
  readonly points: number
}

const isPlainPoints = (entry: Points): boolean => Object.keys(entry).length === 2

/** A scorecard's points as pairs of rule and number; one with a reason stays as it is. */
export const packNote = (note: StepEnded['note']): StepEnded['note'] =>
  note?.points === undefined
    ? note
    : {
        ...note,
        points: (note.points as unknown as readonly Points[]).map((entry) =>
          isPlainPoints(entry) ? [entry.rule, entry.points] : (entry as unknown as Json),
        ),
      }

export const unpackNote = (note: StepEnded['note']): StepEnded['note'] =>
  note?.points === undefined
    ? note
    : {
        ...note,
        points: (note.points as readonly Json[]).map((entry) =>
          Array.isArray(entry) ? { rule: entry[0] ?? null, points: entry[1] ?? null } : entry,
        ),
      }

export const withUsual = (type: string, data: object): object => ({ ...USUAL[type as LeadEventType], ...data })
