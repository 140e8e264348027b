import { defineField } from '../kit/field.ts'
import { nameCase } from './name-case.ts'
import { clean, isMasked, lineOf } from './text.ts'

const SUFFIX = /^(?:jr|sr|ii|iii|iv|v|md|phd|esq)\.?$/i
const PREFIX =
  /^((?:(?:von|vom|zu|zum|zur|van|der|den|de|het|ten|ter|te|del|della|di|da|das|dos|do|du|des|la|le|lo|al|el|bin|ibn) )+)(?=\S)/i

const takenApart = (name: string) => {
  const words = name.split(' ')
  const last = words.at(-1) ?? ''
  const suffix = words.length > 1 && SUFFIX.test(last) ? last : null
  const rest = suffix === null ? name : words.slice(0, -1).join(' ').replace(/,$/, '')
  const prefix = PREFIX.exec(rest)?.[1]?.trimEnd() ?? null
  return { prefix, root: prefix === null ? rest : rest.slice(prefix.length + 1), suffix }
}

export const lastName = defineField({
  type: 'last_name',
  summary:
    "A family name: spaces collapsed, ALL CAPITALS and all small letters put right (O'Brien, McDonald, van der Berg). Valid if it has a letter.",
  // Names a person.
  personal: true,
  value: 'string',
  parts: { prefix: 'string', root: 'string', suffix: 'string', initial: 'string' },
  examples: ['Smith', "O'BRIEN", 'mcdonald', 'VAN DER BERG', 'smith-jones', 'King Jr.', 'S****', '-'],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    const written = nameCase(lineOf(text), { hasParticles: true, isInitials: () => false })
    const initial = /\p{L}/u.exec(written)?.[0].toUpperCase()
    const masked = isMasked(written)
    return {
      raw: kept,
      normal: written === '' ? null : written,
      valid: initial !== undefined && !masked,
      masked,
      parts: {
        ...(initial === undefined || masked ? { prefix: null, root: null, suffix: null } : takenApart(written)),
        initial: initial ?? null,
      },
    }
  },
})
