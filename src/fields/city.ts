import { defineField } from '../kit/field.ts'
import { leadCountry } from './countries.ts'
import { nameCase } from './name-case.ts'
import { type Reading, settled } from './settled.ts'
import { findState } from './states.ts'
import { clean, isMasked, lineOf } from './text.ts'

const CITY_CHARS_MAX = 100

// Within a name these stay small: Fond du Lac, Stoke-on-Trent, Truth or Consequences.
const SMALL =
  /(?<=\p{L}[ -])(?:Of|The|And|Or|On|Upon|Under|By|In|De|Del|De La|La|Le|Les|Du|Des|Sur|Sous|En|Am|An Der|Im)(?=[ -]\p{L})/gu

/** A city all in capitals or all in small letters in its usual case. */
export const cityCase = (text: string): string => {
  const written = nameCase(text, { hasParticles: false, isInitials: () => false })
  // A name that somebody wrote in both cases stays as it is, small words and all.
  return written === text ? text : written.replace(SMALL, (word) => word.toLowerCase())
}

/** Whether a text can be a city's name: letters, and none of the marks of addresses, numbers and code. */
export const isCityName = (text: string): boolean =>
  /\p{L}/u.test(text) && text.length <= CITY_CHARS_MAX && !/[@:/\\<>{}=_;|"?!]|\d{3}/.test(text)

const asWritten = (text: string): Reading => ({
  normal: text,
  valid: isCityName(text) && !isMasked(text),
  masked: isMasked(text),
  parts: { state: null },
})

/** `Austin, TX`: the state is taken off where it is one. */
const readCity = (text: string, country: string): Reading => {
  const [, name, behind] = /^([^,]+),\s*([^,]+)$/.exec(text) ?? []
  const state = behind === undefined ? undefined : findState(behind, country)
  const written = state && name !== undefined ? name.trim() : text
  const kept = asWritten(isCityName(written) ? cityCase(written) : written)
  return state ? { ...kept, parts: { state: state.code } } : kept
}

export const city = defineField({
  type: 'city',
  summary:
    'A city’s name: spaces collapsed, ALL CAPITALS and all small letters put right. A state behind a comma (`Austin, TX`) becomes a part. Valid if it can be a name; whether there is such a city is not looked up.',
  // A village holds few people.
  personal: true,
  value: 'string',
  parts: { state: 'string' },
  examples: ['Austin', 'NEW YORK', 'winston-salem', 'Austin, TX', 'São Paulo', 'Aus***', '12345'],
  parse: (raw, context) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text)
    if (line === '' || line.length > CITY_CHARS_MAX) {
      return { raw: kept, normal: null, valid: false, masked: false, parts: { state: null } }
    }
    const country = leadCountry(context)
    return {
      raw: kept,
      ...settled({ text: line, read: (written) => readCity(written, country), otherwise: asWritten }),
    }
  },
})
