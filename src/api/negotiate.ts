import { Fault } from '../base/faults.ts'

export type AnswerFormat = 'json' | 'xml'

/** How well a range fits: 0 not at all, more where it is more exact. */
const suits = (range: string, types: readonly string[]): number => {
  if (types.includes(range)) return 3
  if (range === '*/*') return 1
  return range.endsWith('/*') && types.some((type) => type.startsWith(range.slice(0, -1))) ? 2 : 0
}

const TYPES: Readonly<Record<AnswerFormat, readonly string[]>> = {
  json: ['application/json', 'application/problem+json'],
  xml: ['application/xml', 'text/xml', 'application/problem+xml'],
}

const QUALITY = /;\s*q\s*=\s*([01](?:\.\d{0,3})?)/i
const RANGES_MAX = 50

/** The weight Accept gives a format: that of the most exact range that fits; 0 where none does. */
const weightOf = (accept: string, format: AnswerFormat): number => {
  let best = 0
  let weight = 0
  for (const part of accept.split(',', RANGES_MAX)) {
    const range = (part.split(';', 1)[0] ?? '').trim().toLowerCase()
    const fits = suits(range, TYPES[format])
    if (fits === 0 || fits < best) continue
    const quality = Number(QUALITY.exec(part)?.[1] ?? '1')
    weight = fits === best ? Math.max(weight, quality) : quality
    best = fits
  }
  return weight
}

/** The format an answer is wanted in; JSON where it is all the same. Throws Fault `not_acceptable`. */
export const answerFormat = (accept: string | undefined): AnswerFormat => {
  if (accept === undefined || accept === '*/*' || accept === 'application/json' || accept === '') return 'json'
  const json = weightOf(accept, 'json')
  const xml = weightOf(accept, 'xml')
  if (json === 0 && xml === 0) {
    throw new Fault('not_acceptable', { message: 'Accept: expected application/json, application/xml or text/xml' })
  }
  return json >= xml ? 'json' : 'xml'
}

/** Whether an error is to be told in XML: of an Accept that nothing fits, nothing can be told so. */
export const prefersXml = (accept: string | undefined): boolean => {
  try {
    return answerFormat(accept) === 'xml'
  } catch {
    return false
  }
}

/** For routes that answer in JSON only. Throws Fault `not_acceptable`. */
export const requireJson = (accept: string | undefined): void => {
  if (accept === undefined || accept === '*/*' || accept === '' || weightOf(accept, 'json') > 0) return
  throw new Fault('not_acceptable', { message: 'Accept: expected application/json' })
}
