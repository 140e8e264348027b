import type { DestinationType } from '../kit/destination.ts'
import { http } from './http/index.ts'

/** Every type of destination a flow may deliver to, by its name there. */
export const destinationTypes: Readonly<Record<string, DestinationType>> = { http }
