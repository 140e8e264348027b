import type { FieldType, ParseContext, Parsed, Part, RuleType } from '../../kit/field.ts'

/** The reference page of the field types, written from what the types say of themselves and make of their examples. */

/** Where and when the examples are read. Ages and two-digit years count from here, so the page stays as it is. */
const CONTEXT: ParseContext = { country: 'US', now: Date.UTC(2026, 0, 1), fields: {} }

const KINDS: Readonly<Record<RuleType, string>> = {
  string: 'text',
  double: 'number',
  bool: 'yes or no',
  'list<string>': 'list of texts',
}

const CELL_CHARS_MAX = 90

const cut = (text: string): string => (text.length > CELL_CHARS_MAX ? `${text.slice(0, CELL_CHARS_MAX)}…` : text)

/** As code in a table; a text within text keeps its backticks by a longer fence. */
const code = (text: string): string => {
  const fence = text.includes('`') ? '``' : '`'
  return `${fence}${cut(text).replaceAll('|', '\\|')}${fence}`
}

const shown = (value: Parsed['normal'] | Part): string =>
  value === null ? '' : code(typeof value === 'string' ? value : JSON.stringify(value))

/** Parts that say something: not missing, not merely false, not empty. */
const telling = (parts: Parsed['parts']): readonly string[] =>
  Object.entries(parts).flatMap(([name, value]) =>
    value === null || value === false || (Array.isArray(value) && value.length === 0)
      ? []
      : [`${name} ${shown(value)}`],
  )

const verdict = ({ valid, masked }: Parsed): string =>
  [...(valid ? ['valid'] : masked ? [] : ['not valid']), ...(masked ? ['masked'] : [])].join(', ')

const row = (type: FieldType, example: string): string => {
  const parsed = type.parse(example, CONTEXT)
  return `| ${code(example)} | ${shown(parsed.normal)} | ${verdict(parsed)} | ${telling(parsed.parts).join(', ')} |`
}

const partsOf = (type: FieldType): string => {
  const parts = Object.entries(type.parts).map(([name, kind]) => `\`${name}\` (${KINDS[kind]})`)
  return parts.length === 0 ? 'It has no parts of its own.' : `Parts: ${parts.join(', ')}.`
}

const section = (type: FieldType): readonly string[] => [
  `## ${type.type}`,
  '',
  type.summary,
  '',
  `Value: ${KINDS[type.value]}. ${partsOf(type)} ${type.personal ? 'Personal.' : 'Not personal by itself.'}${type.kept === false ? ' Not kept, unless the flow says `keep: true`.' : ''}`,
  '',
  '| written | normal form | | parts |',
  '|---|---|---|---|',
  ...type.examples.map((example) => row(type, example)),
  '',
]

/** Markdown of every field type: what it reads, its parts, its examples and their results. The same input gives the same page. */
export const fieldsReference = (fieldTypes: Readonly<Record<string, FieldType>>): string =>
  [
    '# Field types',
    '',
    '<!-- Generated from src/fields by `millrace reference`. A test compares the two. -->',
    '',
    'A field of a flow has one of these types. The type reads whatever a sender wrote into a normal form, which rules and',
    'templates see as `lead.<field>`, and parts, which they see as `lead.<field>.<part>`. Besides its own, every field has',
    'the parts `valid`, `masked`, `blank` and `raw`. `valid` is a value for the flow to decide about, never a gate: a',
    'value that is not valid is kept, and so is what is known of one that its sender masked (`512*******`) or hashed.',
    '',
    'Parsing a normal form again changes nothing. A missing part is null. `./millrace parse TYPE --country US` reads lines',
    'and prints what a type makes of each. The examples below are read in a flow of the United States on 1 January 2026.',
    '',
    'The types:',
    Object.keys(fieldTypes)
      .map((name) => `[${name}](#${name})`)
      .join(', '),
    '',
    ...Object.values(fieldTypes).flatMap(section),
  ].join('\n')
