import type { RANGES } from '../../../src/api/contract/words.ts'
import type { Output } from '../../../src/client/client.ts'

export type FigureAnswer = Output<'/api/v1/figures', 'get'>
export type Figures = FigureAnswer['now']
/** How many leads came to what. */
export type Counts = Omit<Figures['series'][number], 'at' | 'price' | 'revenue'>
export type Range = (typeof RANGES)[number]
