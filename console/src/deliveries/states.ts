import type { Tone } from '../components/tag.tsx'

export const STATES = ['dead', 'unknown', 'waiting', 'held', 'refused', 'delivered', 'discarded'] as const

export const TONES: Readonly<Record<string, Tone>> = {
  dead: 'bad',
  unknown: 'warn',
  waiting: 'info',
  held: 'warn',
  refused: 'bad',
  passed: 'quiet',
  delivered: 'good',
  discarded: 'quiet',
}

export type Act = 'replay' | 'discard' | 'delivered' | 'not_delivered' | 'send_again'

/** What a person may decide about a delivery that stands so. */
export const actsOf = (state: string): readonly Act[] => {
  if (state === 'dead') return ['replay', 'discard']
  if (state === 'refused') return ['replay']
  if (state === 'unknown') return ['delivered', 'not_delivered', 'send_again']
  return []
}
