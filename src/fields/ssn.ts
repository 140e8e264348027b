import { defineField } from '../kit/field.ts'
import type { Reading } from './settled.ts'
import { clean, hashKind, lineOf } from './text.ts'

const nothing = { last4: null, is_itin: false, hashed: null }

const NINE = /^(\d{3})[- .]?(\d{2})[- .]?(\d{4})$/

// All but the last four hidden, or never given.
const LAST_FOUR = /^(?:[*•●xX#]{3}[- .]?[*•●xX#]{2}[- .]?|[*•●xX#]{1,9}[- .]?)?(\d{4})$/
const HIDDEN = /^[*•●xX#\d]{3}[- .]?[*•●xX#\d]{2}[- .]?[*•●xX#\d]{4}$/

// Printed on wallet inserts and in advertisements, and never anybody's since.
const ADVERTISED: ReadonlySet<string> = new Set(['078051120', '219099999', '457555462'])

/** The Internal Revenue Service gives these to taxpayers without a Social Security number. */
const isItin = (area: string, group: string): boolean =>
  area.startsWith('9') && /^(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])$/.test(group)

/** Ranges that the Social Security Administration never assigns; since 2011 no others can be told by sight. */
const isAssignable = (area: string, group: string, serial: string): boolean =>
  !/^(?:000|666|9)/.test(area) && group !== '00' && serial !== '0000' && !ADVERTISED.has(area + group + serial)

const read = (text: string): Reading => {
  const [, area, group = '', serial = ''] = NINE.exec(text) ?? []
  if (area !== undefined) {
    return {
      normal: `${area}-${group}-${serial}`,
      valid: isAssignable(area, group, serial),
      masked: false,
      parts: { last4: serial, is_itin: isItin(area, group), hashed: null },
    }
  }
  const last4 = LAST_FOUR.exec(text)?.[1]
  if (last4 !== undefined) {
    return { normal: `***-**-${last4}`, valid: false, masked: true, parts: { ...nothing, last4 } }
  }
  if (HIDDEN.test(text)) {
    // What else was left open is not worth keeping: the last four are what forms ask for.
    return { normal: '***-**-****', valid: false, masked: true, parts: nothing }
  }
  const hashed = hashKind(text)
  return { normal: hashed ? text.toLowerCase() : null, valid: false, masked: false, parts: { ...nothing, hashed } }
}

/** A program that takes the number for a number drops its leading zeros: no valid one has more than two. */
const withZeros = (raw: unknown, text: string): string =>
  typeof raw === 'number' && /^\d{7,8}$/.test(text) ? text.padStart(9, '0') : text

export const ssn = defineField({
  type: 'ssn',
  summary:
    'A Social Security number of the United States as `123-45-6789`, valid if it can have been assigned. Masked ones (`***-**-6789`, or the last four digits alone) and hashed ones are recognised. Parts give no more than the last four digits.',
  // Opens accounts in a person's name.
  personal: true,
  kept: false,
  value: 'string',
  parts: { last4: 'string', is_itin: 'bool', hashed: 'string' },
  examples: [
    '123-45-6789',
    '123456789',
    '000-12-3456',
    '900-70-0000',
    '***-**-6789',
    '6789',
    '5d41402abc4b2a76b9719d911017c592',
    'none',
  ],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    return { raw: kept, ...read(lineOf(withZeros(raw, text))) }
  },
})
