import { defineField } from '../kit/field.ts'
import { leadCountry } from './countries.ts'
import { type Reading, settled } from './settled.ts'
import { readStreetLine, streetCase } from './street-lines.ts'
import { clean, isMasked, lineOf } from './text.ts'

const STREET_CHARS_MAX = 200

/** Where houses bear names instead of numbers. */
const NAMED_HOUSES: ReadonlySet<string> = new Set(['GB', 'IE'])

const asWritten = (line: string, country: string): Reading => {
  const { number, name, unit, isPoBox } = readStreetLine(line, country)
  const masked = isMasked(line)
  const known = (piece: string | null) => (piece !== null && isMasked(piece) ? null : piece)
  const hasPlace = number !== null || isPoBox || NAMED_HOUSES.has(country)
  return {
    normal: line,
    valid: !masked && hasPlace && name !== null && /\p{L}|\d/u.test(name),
    masked,
    parts: { number: known(number), name: known(name), unit: known(unit), is_po_box: isPoBox },
  }
}

const read = (line: string, country: string): Reading =>
  settled({
    text: line,
    read: (text) => asWritten(streetCase(text), country),
    otherwise: (text) => asWritten(text, country),
  })

export const street = defineField({
  type: 'street',
  summary:
    'The street line of an address: number, name and unit (`Apt 4B`). ALL CAPITALS and all small letters are put right; nothing is expanded or abbreviated. Valid with a number and a name, or as a PO box; in Britain and Ireland a house’s name will do.',
  // Leads to a door.
  personal: true,
  value: 'string',
  parts: { number: 'string', name: 'string', unit: 'string', is_po_box: 'bool' },
  examples: [
    '123 Main St Apt 4B',
    '123 N MAIN ST #4',
    '12-14 5th Ave, Suite 200',
    'PO Box 99',
    'Main St',
    '12** Main St',
    '-',
  ],
  parse: (raw, context) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text.replace(/\s*[\r\n]+\s*/g, ', ')).replace(/^[\s,]+|[\s,]+$/g, '')
    const isKept = line !== '' && line.length <= STREET_CHARS_MAX
    const none = { number: null, name: null, unit: null, is_po_box: false }
    return {
      raw: kept,
      ...(isKept ? read(line, leadCountry(context)) : { normal: null, valid: false, masked: false, parts: none }),
    }
  },
})
