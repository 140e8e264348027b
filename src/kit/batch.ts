import { Type } from 'typebox'
import { isZone, nextBatchAt } from './batch-window.ts'
import type { BatchType, DestinationType, SettingFlaw } from './destination.ts'

/** The batch of a destination, where its settings say that its deliveries leave together; null: each goes by itself. */
export const batchOf = ({
  type,
  settings,
}: {
  readonly type: DestinationType
  readonly settings: unknown
}): BatchType<never> | null => {
  const batch = type.batch as BatchType<never> | undefined
  return batch === undefined || batch.uses?.(settings as never) === false ? null : batch
}

const EVERY_DEFAULT = 1

/** When a batch leaves and how large it may be, as settings say it. */
export const batchParts = (most: number) => ({
  every: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1440, default: EVERY_DEFAULT, description: 'Minutes of a window.' }),
  ),
  at: Type.Optional(
    Type.Array(Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }), {
      minItems: 1,
      maxItems: 48,
      description: 'Instead of `every`: times of the day, as `02:00`.',
    }),
  ),
  zone: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z_+-]+(/[A-Za-z_+-]+){0,2}$',
      default: 'UTC',
      description: 'Time zone of `at`.',
    }),
  ),
  max: Type.Optional(
    Type.Integer({ minimum: 1, maximum: most, default: most, description: 'Leads in one call at most.' }),
  ),
})

export const BATCH_WORDS = 'Leads are collected for a while and leave in one call; each is told what became of it.'

interface Window {
  readonly every?: number
  readonly at?: readonly string[]
  readonly zone?: string
}

/** What the schema of a batch cannot say. */
export const batchFlaws = (batch: Window | undefined): readonly SettingFlaw[] => {
  if (batch === undefined) return []
  const { every, at, zone } = batch
  return [
    ...(zone !== undefined && !isZone(zone)
      ? [{ path: 'batch.zone', message: 'this is no time zone: write America/Chicago' }]
      : []),
    // What is left out is filled in.
    ...(at !== undefined && every !== undefined && every !== EVERY_DEFAULT
      ? [{ path: 'batch.every', message: 'a batch leaves either every so many minutes or at set times' }]
      : []),
  ]
}

export const nextOf = (batch: Window | undefined, now: number): number =>
  nextBatchAt({ everyMinutes: batch?.every ?? EVERY_DEFAULT, at: batch?.at ?? [], zone: batch?.zone ?? 'UTC' }, now)
