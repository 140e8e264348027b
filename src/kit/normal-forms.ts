/**
 * By what form two values are one. A field's normal form is how it is written; what it is compared by may leave more
 * out: `J.Doe+ads@gmail.com` reaches the inbox of `jdoe@gmail.com`.
 */
import { Type } from 'typebox'
import { Closed } from './config-parts.ts'
import type { Parsed } from './field.ts'
import { comparable, textOf } from './values.ts'

const Switch = (description: string) => Type.Optional(Type.Boolean({ default: true, description }))

/** Each on unless it is switched off. */
export const NormalForms = Closed(
  {
    email_dots: Switch('Dots before the @ of a gmail address count for nothing, and googlemail.com is gmail.com.'),
    email_tags: Switch('What stands between a plus and the @ counts for nothing.'),
    phone: Switch('A phone number is the same in any notation.'),
    postal_suffix: Switch('Of a ZIP+4 the first five digits count.'),
    case: Switch('Capitals count for nothing.'),
    accents: Switch('Accents and apostrophes count for nothing.'),
  },
  { description: 'What counts for nothing where values are compared; `false` switches one off.' },
)

export interface Forms {
  readonly email_dots?: boolean
  readonly email_tags?: boolean
  readonly phone?: boolean
  readonly postal_suffix?: boolean
  readonly case?: boolean
  readonly accents?: boolean
}

const GMAIL: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com'])

const emailForm = (text: string, forms: Forms): string => {
  const at = text.lastIndexOf('@')
  let user = text.slice(0, at)
  // Nobody's domain tells capitals apart.
  let domain = text.slice(at + 1).toLowerCase()
  if (forms.email_tags !== false && user.indexOf('+') > 0) user = user.slice(0, user.indexOf('+'))
  if (forms.email_dots !== false && GMAIL.has(domain)) {
    user = user.replaceAll('.', '')
    domain = 'gmail.com'
  }
  return `${user}@${domain}`
}

const isEmail = (field: Parsed, text: string): boolean => typeof field.parts.domain === 'string' && text.includes('@')
const isPhone = (field: Parsed): boolean => typeof field.parts.national === 'string'

/** In the capitals it was sent in, which a field's normal form may have levelled. */
const asSent = (field: Parsed, text: string): string => {
  const raw = textOf(field.raw)
  const lower = raw.toLowerCase()
  const at = lower.length === raw.length ? lower.indexOf(text.toLowerCase()) : -1
  return at < 0 ? text : raw.slice(at, at + text.length)
}

const ASCII = /^[ -&(-~]*$/

const folded = (text: string, forms: Forms): string => {
  const bare =
    forms.accents === false || ASCII.test(text)
      ? text
      : text
          .normalize('NFD')
          .replace(/[\p{M}'’]/gu, '')
          .normalize('NFC')
  return forms.case === false ? bare : bare.toLowerCase()
}

/** What a field is compared by under these forms; null where it cannot be: see `comparable`. */
export const comparedAs = (field: Parsed | undefined, forms: Forms): string | null => {
  const normal = comparable(field)
  if (normal === null || !field) return null
  const text = forms.case === false ? asSent(field, normal) : normal
  if (isPhone(field)) return forms.phone === false ? textOf(field.raw).trim() || null : normal
  if (isEmail(field, text)) {
    const form = emailForm(text, forms)
    return forms.case === false ? form : form.toLowerCase()
  }
  const { zip } = field.parts
  if (typeof zip === 'string') return forms.postal_suffix === false ? text : zip
  return folded(text, forms)
}
