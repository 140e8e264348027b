import { describe, expect, it } from 'vitest'
import { answerFormat, requireJson } from './negotiate.ts'

describe('the format of an answer', () => {
  it.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/json', 'json'],
    ['application/problem+json', 'json'],
    ['application/*', 'json'],
    ['application/xml', 'xml'],
    ['text/xml', 'xml'],
    ['text/*', 'xml'],
    ['application/json, application/xml', 'json'],
    ['application/json;q=0.4, application/xml;q=0.5', 'xml'],
    ['application/xml;q=0.5, */*', 'json'],
    ['application/json;q=0, */*', 'xml'],
    ['*/*;q=0.1, application/json;q=0', 'xml'],
    ['TEXT/XML; charset=utf-8; Q=0.9', 'xml'],
  ])('of %j is %s', (accept, format) => {
    expect(answerFormat(accept)).toBe(format)
  })

  it.each(['text/html', 'image/*', 'application/json;q=0', '*/*;q=0', 'application/pdf, text/csv'])(
    'of %j is none',
    (accept) => {
      expect(() => answerFormat(accept)).toThrow('Accept: expected')
    },
  )
})

it('is JSON where nothing else is written', () => {
  for (const accept of [undefined, '*/*', 'application/*', 'text/html, */*;q=0.1'])
    expect(() => requireJson(accept)).not.toThrow()
  for (const accept of ['application/xml', 'text/html']) expect(() => requireJson(accept)).toThrow('application/json')
})
