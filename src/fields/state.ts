import { defineField } from '../kit/field.ts'
import { leadCountry } from './countries.ts'
import type { Reading } from './settled.ts'
import { findState } from './states.ts'
import { clean, isMasked, lineOf } from './text.ts'

/** A longer text names no state: it is not kept as one. */
const NAME_CHARS_MAX = 100

const read = (text: string, country: string): Reading => {
  const found = text.length <= NAME_CHARS_MAX ? findState(text, country) : undefined
  if (!found) {
    const normal = text === '' || text.length > NAME_CHARS_MAX ? null : text
    return { normal, valid: false, masked: isMasked(text), parts: { name: null, country: null } }
  }
  // A code that the lead's own country reads otherwise (WA: Washington, Western Australia) keeps its country.
  const isPlain = findState(found.code, country) === found
  return {
    normal: isPlain ? found.code : `${found.country}-${found.code}`,
    valid: true,
    masked: false,
    parts: { name: found.name, country: found.country },
  }
}

export const state = defineField({
  type: 'state',
  summary:
    'A state or province of the US, Canada, Australia or the United Kingdom by code, ISO 3166-2 code (`US-TX`) or name, as its code (`TX`); of Germany, Mexico, Brazil and India in leads of these countries or by ISO 3166-2 code. A code that means something else, or nothing, in the country of the lead is written with its own country (`AU-WA`). States elsewhere are kept as written and not valid.',
  // Millions share it.
  personal: false,
  value: 'string',
  parts: { name: 'string', country: 'string' },
  examples: ['TX', 'texas', 'N.Y.', 'Washington DC', 'Québec', 'AU-WA', 'DE-BY', 'Bavaria'],
  parse: (raw, context) => {
    const { raw: kept, text } = clean(raw)
    return { raw: kept, ...read(lineOf(text), leadCountry(context)) }
  },
})
