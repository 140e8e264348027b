import { describe, expect, it } from 'vitest'
import { fieldTypes } from '../fields/index.ts'
import { comparedAs, type Forms } from './normal-forms.ts'

const as = (type: string, raw: string, forms: Forms = {}): string | null =>
  comparedAs(fieldTypes[type]?.parse(raw, { country: 'US', now: Date.UTC(2026, 10, 5), fields: {} }), forms)

describe('what a field is compared by', () => {
  it.each([
    ['email', 'J.Doe+ads@GMail.com', 'jdoe@gmail.com'],
    ['email', 'jdoe@googlemail.com', 'jdoe@gmail.com'],
    ['email', 'j.doe+x@example.com', 'j.doe@example.com'],
    ['email', '+x@example.com', '+x@example.com'],
    ['phone', '(512) 555-0123', '+15125550123'],
    ['phone', '+1 512.555.0123', '+15125550123'],
    ['postal_code', '78701-1234', '78701'],
    ['last_name', 'ÁLVAREZ', 'alvarez'],
    ['last_name', "O'Neill", 'oneill'],
    ['dob', '2/29/80', '1980-02-29'],
    ['string', ' Straße 7 ', 'straße 7'],
    ['string', '名前', '名前'],
    ['string', 'v1.5-b', 'v1.5-b'],
    ['string', '  ', null],
    ['email', 'j***@example.com', null],
  ])('%s "%s" by "%s"', (type, raw, form) => {
    expect(as(type, raw)).toBe(form)
  })

  it.each([
    ['email', 'j.doe+ads@gmail.com', { email_dots: false }, 'j.doe@gmail.com'],
    ['email', 'j.doe+ads@gmail.com', { email_tags: false }, 'jdoe+ads@gmail.com'],
    ['phone', '(512) 555-0123', { phone: false }, '(512) 555-0123'],
    ['postal_code', '78701-1234', { postal_suffix: false }, '78701-1234'],
    ['last_name', 'Álvarez', { accents: false }, 'álvarez'],
    ['last_name', 'Álvarez', { case: false }, 'Alvarez'],
    ['last_name', 'Álvarez', { case: false, accents: false }, 'Álvarez'],
    // Also where the field's own normal form is written in other capitals.
    ['last_name', 'ÁLVAREZ', { case: false, accents: false }, 'ÁLVAREZ'],
    ['first_name', 'jo', { case: false }, 'jo'],
    ['email', 'J.Doe+ads@GMail.com', { case: false }, 'JDoe@gmail.com'],
    ['email', 'JDoe@Example.COM', { case: false }, 'JDoe@example.com'],
  ])('%s "%s" with %o by "%s"', (type, raw, forms, form) => {
    expect(as(type, raw, forms)).toBe(form)
  })
})
