/**
 * What destinations write and read texts with: templates over what is delivered, and patterns that cannot hang.
 *
 * A value that goes into JSON, XML, HTML, an address or a header is escaped for it: a lead whose name holds a quote or a
 * line break must not change the request around it. `| raw` leaves a value as it is.
 */
import { Fault } from '../base/faults.ts'
import type { CapturePattern, DestinationTools, Escape, TextTemplate } from '../kit/destination.ts'
import type { Json } from '../kit/field.ts'
import type { LeadView } from '../kit/step.ts'
import { textOf } from '../kit/values.ts'
import { readCaptures } from './captures.ts'
import { NO_LEAD } from './mapping.ts'
import { nearest, oneOf } from './nearest.ts'
import { pathText, type Scope, type Segment } from './scope.ts'
import { readTemplate } from './templates.ts'
import { memberOf } from './values.ts'

/** What templates of a destination may use. */
const ROOTS: readonly string[] = ['payload', 'delivery', 'now']

const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
/** XML 1.0 has no way to write the other control characters at all. */
const unwritable = (unit: number): boolean => unit < 32 && unit !== 9 && unit !== 10 && unit !== 13

const markup = (text: string): string =>
  [...text.replace(/[&<>"']/g, (character) => MARKUP[character] ?? '')]
    .filter((character) => !unwritable(character.charCodeAt(0)))
    .join('')

/** Slack's own markup: nobody can be mentioned by what a lead holds. */
const mrkdwn = (text: string): string => text.replace(/[&<>]/g, (character) => MARKUP[character] ?? '')
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

const ESCAPES: Readonly<Record<Exclude<Escape, 'none'>, (text: string) => string>> = {
  json: inJson,
  mrkdwn,
  mrkdwn_json: (text) => inJson(mrkdwn(text)),
  xml: markup,
  html: markup,
  url: (text) => encodeURIComponent(text.toWellFormed()),
  // What a header cannot hold would be refused whole.
  header: (text) => text.replaceAll(/[^\t\x20-\x7e]+/g, ' '),
}

const scopeOf = (places: { readonly country: string; readonly zone: string }, into: Escape): Scope => ({
  ...places,
  ...(into !== 'none' && { escape: ESCAPES[into] }),
  resolve: (segments: readonly Segment[]) => {
    const [root] = segments
    if (typeof root?.name !== 'string' || !ROOTS.includes(root.name)) {
      const name = String(root?.name ?? '')
      return {
        issue: {
          code: 'unknown_variable',
          message: `unknown name "${pathText(segments)}"`,
          start: root?.start ?? 0,
          end: root?.end ?? 0,
          expected: oneOf(ROOTS),
          suggestion: name === 'lead' ? `payload.${String(segments[1]?.name ?? '')}` : nearest(name, ROOTS),
        },
      }
    }
    const names = segments.map(({ name }) => name)
    const read = (lead: LeadView): Json => {
      // A payload's own names may hold dots.
      const [first = '', ...rest] = names
      const value = memberOf(lead.extra as Json, first)
      const whole = rest.length > 1 ? memberOf(value, rest.join('.')) : null
      return whole ?? rest.reduce((inner, name) => memberOf(inner, name), value)
    }
    return { resolved: { path: pathText(segments), type: 'dyn', read, show: read } }
  },
})

const invalid = (message: string): Fault => new Fault('setting_invalid', { message })

/** Each text is compiled once. */
export const createDestinationTools = (places: {
  readonly country: string
  readonly zone: string
}): DestinationTools => {
  const scopes = new Map<Escape, Scope>()
  const templates = new Map<string, TextTemplate>()
  const patterns = new Map<string, CapturePattern>()

  const compileTemplate = (text: string, into: Escape): TextTemplate => {
    const scope = scopes.get(into) ?? scopeOf(places, into)
    scopes.set(into, scope)
    const { template, issues } = readTemplate(text, scope)
    if (template === null) {
      const [issue] = issues
      const expected = issue?.expected ? `: expected ${issue.expected}` : ''
      const meant = issue?.suggestion ? `; did you mean ${issue.suggestion}?` : ''
      throw invalid(`${issue?.message ?? 'cannot be read'}${expected}${meant}`)
    }
    return { render: (values) => textOf(template.render({ ...NO_LEAD, extra: values })) }
  }

  const compilePattern = (text: string): CapturePattern => {
    const read = readCaptures(text)
    if ('wrong' in read) throw invalid(`cannot read the pattern: ${read.wrong}`)
    return read.pattern
  }

  return {
    template: (text, into) => {
      const key = `${into} ${text}`
      const known = templates.get(key) ?? compileTemplate(text, into)
      templates.set(key, known)
      return known
    },
    pattern: (text) => {
      const known = patterns.get(text) ?? compilePattern(text)
      patterns.set(text, known)
      return known
    },
  }
}
