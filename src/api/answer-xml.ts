import type { Problem } from './contract/problem.ts'
import type { Answer } from './contract/submission.ts'

// What XML 1.0 has no way to write.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters meant
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(UNWRITABLE, '\ufffd')
    .replace(/[&<>"]/g, (letter) => ENTITIES[letter] ?? letter)

const element = (name: string, value: string | number | boolean | null): string =>
  value === null ? `<${name}/>` : `<${name}>${escaped(String(value))}</${name}>`

/**
 * The answer as XML: the fields of the JSON by their names, null as an empty element. Names that senders or flows
 * chose stand in attributes: `<destination name="Salesforce CRM">`, `<field_error field="phone_1">`.
 */
export const answerXml = (answer: Answer): string => {
  const { field_errors: fieldErrors, destinations, ...plain } = answer
  const parts = Object.entries(plain).map(([name, value]) => element(name, value ?? null))
  if (fieldErrors) {
    const errors = Object.entries(fieldErrors).map(
      ([field, message]) => `<field_error field="${escaped(field)}">${escaped(message)}</field_error>`,
    )
    parts.push(`<field_errors>${errors.join('')}</field_errors>`)
  }
  const each = Object.entries(destinations).map(([name, said]) => {
    const inner = Object.entries(said).map(([key, value]) => element(key, value ?? null))
    return `<destination name="${escaped(name)}">${inner.join('')}</destination>`
  })
  parts.push(`<destinations>${each.join('')}</destinations>`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<result>${parts.join('')}</result>\n`
}

/** A problem document as XML: RFC 9457, appendix B. Of `errors`, each is an `i`, as it says of lists. */
export const problemXml = ({ errors, ...plain }: Problem): string => {
  const parts = Object.entries(plain).map(([name, value]) => element(name, value))
  if (errors) {
    const each = errors.map(({ field, message }) => `<i>${element('field', field)}${element('message', message)}</i>`)
    parts.push(`<errors>${each.join('')}</errors>`)
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<problem xmlns="urn:ietf:rfc:7807">${parts.join('')}</problem>\n`
}
