import { Fault } from '../../base/faults.ts'
import type { Proposal } from '../../columns/propose.ts'
import { nearest } from '../../flow/nearest.ts'
import type { Json } from '../../kit/field.ts'
import type { CompiledFlow, CompiledSource } from '../../kit/flow.ts'

/** What each column of a file is submitted as. */
export interface Columns {
  /** By column: the name it is submitted under; null: it is left out. */
  readonly names: readonly (string | null)[]
  /** The renames that count, by `--map` and found, sorted: part of what an import is. */
  readonly renamed: readonly string[]
  /** What columns that no field takes may be, though not surely enough to be taken. */
  readonly unsure: readonly { readonly header: string; readonly fields: readonly string[] }[]
  /** Column header and the fields the source takes from it. */
  readonly taken: readonly { readonly header: string; readonly fields: readonly string[] }[]
  /** Headers of columns that no field takes: kept with the lead, unread. */
  readonly extra: readonly string[]
}

const wrong = (message: string): Fault => new Fault('invalid_request', { message })

const meant = (name: string | null): string => (name === null ? '' : ` Did you mean "${name}"?`)

const LISTED_MAX = 30

const listed = (names: readonly string[]): string =>
  names.length <= LISTED_MAX
    ? names.join(', ')
    : `${names.slice(0, LISTED_MAX).join(', ')} and ${names.length - LISTED_MAX} more`

/** Capitals, `-`, `_` and spaces make no difference, as in a source's own mapping. */
const folded = (name: string): string => name.toLowerCase().replace(/[-_\s]/g, '')

/** A text and a number: whatever a template makes of a value, it makes something of one of them. */
const PROBES = ['probe@probe.example', '2718281828']

const textOf = (value: Json | undefined): string => JSON.stringify(value ?? null)

/** The fields of a source that are other with a value under this name than without. */
const fieldsTaking = (source: CompiledSource, name: string): readonly string[] => {
  const without = source.map({}).values
  const probed = PROBES.map((probe) => source.map({ [name]: probe }).values)
  const fields = new Set(probed.flatMap((values) => Object.keys(values)))
  return [...fields].filter((field) => probed.some((values) => textOf(values[field]) !== textOf(without[field])))
}

const headerOf = (asked: string, headers: readonly string[]): string => {
  const found = headers.includes(asked) ? asked : headers.find((header) => folded(header) === folded(asked))
  if (found !== undefined) return found
  throw wrong(
    `--map ${asked}=…: the file has no header "${asked}".${meant(nearest(asked, headers))} It has: ${listed(headers)}`,
  )
}

const targetOf = (
  asked: { readonly header: string; readonly field: string },
  flow: CompiledFlow,
  source: CompiledSource,
): string => {
  const names = flow.fields.map((field) => field.name)
  const name = names.find((each) => folded(each) === folded(asked.field)) ?? asked.field
  if (fieldsTaking(source, name).length > 0) return name
  if (names.includes(name))
    throw wrong(
      `--map ${asked.header}=${name}: the mapping of source "${source.id}" fills "${name}" from another name. ` +
        'Give the name it reads.',
    )
  throw wrong(
    `--map ${asked.header}=${asked.field}: flow "${flow.id}" has no field "${asked.field}".` +
      `${meant(nearest(asked.field, names))} It has: ${listed(names)}`,
  )
}

/** Types that say what a value means; a text or a number may be anything. */
const SPEAKING = new Set(
  'email phone first_name last_name full_name dob gender street city state postal_code country full_address company job_title domain ip user_agent certificate_url ssn'.split(
    ' ',
  ),
)

/** The field of the flow that a proposal means: of its name, or the only one of its type. */
const fieldMeant = (proposal: Proposal, flow: CompiledFlow): string | null => {
  const { field, type } = proposal
  if (field === null || type === null) return null
  if (flow.fields.some(({ name }) => name === field)) return field
  const [only, ...more] = flow.fields.filter((one) => one.type.type === type)
  // `work_email` is an email, and yet not the email: only a proposal that is first of its kind may stand for another name.
  const isFirst = field === type || !field.endsWith(`_${type}`)
  return only !== undefined && more.length === 0 && SPEAKING.has(type) && isFirst ? only.name : null
}

/** Renames columns that no field takes by what their names and values say. */
const findMore = (asked: {
  readonly headers: readonly string[]
  readonly names: (string | null)[]
  readonly renames: Map<string, string | null>
  readonly proposals: readonly Proposal[]
  readonly flow: CompiledFlow
  readonly source: CompiledSource
}): void => {
  const { headers, names, renames, proposals, flow, source } = asked
  const taken = new Set(names.flatMap((name) => (name === null ? [] : fieldsTaking(source, name))))
  for (const [index, header] of headers.entries()) {
    const name = names[index] ?? null
    const proposal = proposals[index]
    if (name === null || proposal === undefined || renames.has(header) || fieldsTaking(source, name).length > 0)
      continue
    const field = fieldMeant(proposal, flow)
    if (field === null || taken.has(field) || !fieldsTaking(source, field).includes(field)) continue
    names[index] = field
    renames.set(header, field)
    taken.add(field)
  }
}

/**
 * Reads `--map header=field` (an empty field leaves the column out) against a file's headers and a source. Throws Fault
 * `invalid_request`, one line with the nearest right name.
 */
export const planColumns = (asked: {
  readonly headers: readonly string[]
  readonly maps: readonly string[]
  /** What `millrace map` says of each column. */
  readonly proposals: readonly Proposal[]
  readonly flow: CompiledFlow
  readonly source: CompiledSource
}): Columns => {
  const { headers, maps, proposals, flow, source } = asked
  const renames = new Map<string, string | null>()
  for (const map of maps) {
    // A header may hold "=", a field's name cannot.
    const at = map.lastIndexOf('=')
    if (at <= 0) throw wrong(`--map ${map}: expected header=field`)
    const header = headerOf(map.slice(0, at).trim(), headers)
    const field = map.slice(at + 1).trim()
    if (renames.has(header)) throw wrong(`--map ${map}: the header "${header}" is mapped twice`)
    renames.set(header, field === '' ? null : targetOf({ header, field }, flow, source))
  }

  const names = headers.map((header) => (renames.has(header) ? (renames.get(header) ?? null) : header))
  findMore({ headers, names, renames, proposals, flow, source })
  const owners = new Map<string, string>()
  for (const [index, name] of names.entries()) {
    if (name === null) continue
    const header = headers[index] ?? ''
    const other = owners.get(folded(name))
    // Two headers that differ by a capital are the file's affair, until a field would have to choose.
    if (other !== undefined && fieldsTaking(source, name).length > 0)
      throw wrong(
        `The columns "${other}" and "${header}" both fill "${name}". ` +
          `Leave one out, --map "${other}=", or map it to another field.`,
      )
    owners.set(folded(name), header)
  }

  const taken: { header: string; fields: readonly string[] }[] = []
  const extra: string[] = []
  for (const [index, name] of names.entries()) {
    const header = headers[index] ?? ''
    if (name === null) continue
    const fields = fieldsTaking(source, name)
    if (fields.length > 0) taken.push({ header, fields })
    else extra.push(header)
  }
  if (taken.length === 0)
    throw wrong(
      `None of the file's columns (${listed(headers)}) is a field of flow "${flow.id}" ` +
        `(${listed(flow.fields.map((field) => field.name))}). Name them with --map header=field.`,
    )
  const renamed = [...renames].map(([header, field]) => `${header}=${field ?? ''}`).sort()
  const open = new Set(flow.fields.map(({ name }) => name))
  for (const { fields } of taken) for (const field of fields) open.delete(field)
  const unsure = proposals.flatMap(({ header, field, candidates }) => {
    const fields = candidates.filter((candidate) => open.has(candidate.field)).map((candidate) => candidate.field)
    return field === null && extra.includes(header) && fields.length > 0 ? [{ header, fields }] : []
  })
  return { names, renamed, taken, extra, unsure }
}

/** Meta writes `p:+1512…` and `z:78701`, others `'78701`, so that spreadsheets leave them alone. */
const TEXT_MARK = /^(?:[pz]:|')(?=[+\d])/

/** A row as its source would have sent it, by the names of `planColumns`. */
export const valuesOf = (columns: Columns, values: readonly string[]): Record<string, Json> => {
  const entries: [string, string][] = []
  for (const [index, name] of columns.names.entries())
    if (name !== null) entries.push([name, (values[index] ?? '').replace(TEXT_MARK, '')])
  return Object.fromEntries(entries)
}
