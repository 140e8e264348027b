/** `millrace map <file>`: which field each column of a CSV file is, found by its name and its values. */
import { type Proposal, proposeFields } from '../../columns/propose.ts'
import { encodingLine, openCsv } from '../import/csv-file.ts'
import { headOf, sampleColumns } from '../import/csv-sample.ts'

export interface MapOptions {
  readonly file: string
  /** What the file is written in; undefined: it is found out. */
  readonly encoding?: string | undefined
  /** ISO 3166-1 alpha-2 */
  readonly country: string
  /** 0 to 1: columns less sure than this are asked about. */
  readonly threshold: number
  readonly json: boolean
  /** Shows values of the file beside each column. They may be personal. */
  readonly samples: boolean
  /** Prints the proposal as `fields` and `mapping` of a flow. */
  readonly yaml: boolean
  /** ms since 1970 */
  readonly now: number
  readonly output: { write(text: string): unknown }
}

const ROWS_SAMPLED = 1_000
const SAMPLES_SHOWN = 3
const SAMPLE_CHARS_MAX = 40

const samplesOf = (values: readonly string[]): string[] =>
  [...new Set(values.map((value) => value.trim()).filter((value) => value !== ''))].slice(0, SAMPLES_SHOWN)

const questionOf = (proposal: Proposal): string => {
  const names = proposal.candidates.map(({ field }) => field)
  const header = JSON.stringify(proposal.header)
  return names.length === 0 ? `Which field is ${header}?` : `Which field is ${header}: ${names.join(', ')}, or none?`
}

const jsonOf = (
  options: MapOptions,
  proposals: readonly Proposal[],
  sampled: { readonly rows: number; readonly encoding: string; readonly samples: (header: string) => string[] },
): unknown => ({
  file: options.file,
  encoding: sampled.encoding,
  rows_read: sampled.rows,
  threshold: options.threshold,
  columns: proposals.map(({ header, field, type, confidence, why }) => ({
    header,
    field,
    type,
    confidence,
    why,
    ...(options.samples && { samples: sampled.samples(header) }),
  })),
  ask: proposals
    .filter(({ field }) => field === null)
    .map((proposal) => ({
      header: proposal.header,
      question: questionOf(proposal),
      why: proposal.why,
      candidates: proposal.candidates,
    })),
})

const shortened = (text: string): string =>
  text.length > SAMPLE_CHARS_MAX ? `${text.slice(0, SAMPLE_CHARS_MAX - 1)}…` : text

const tableOf = (
  options: MapOptions,
  proposals: readonly Proposal[],
  samples: (header: string) => string[],
): string => {
  const sure = proposals.filter(({ field }) => field !== null)
  const asked = proposals.filter(({ field }) => field === null)
  const rows = sure.map(({ header, field, type, confidence }) => [
    shortened(header),
    `${field} (${type})`,
    confidence.toFixed(2),
  ])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0), 6))
  const line = (row: readonly string[], why: string): string =>
    `${row[0]?.padEnd(widths[0] ?? 0)}  ${row[1]?.padEnd(widths[1] ?? 0)}  ${row[2]}  ${why}\n`
  const shown = (header: string): string =>
    options.samples ? `    ${samples(header).map(shortened).join(' | ')}\n` : ''
  let text = rows.length > 0 ? line(['column', 'field', 'sure'], 'why') : ''
  for (const [index, proposal] of sure.entries()) text += line(rows[index] ?? [], proposal.why) + shown(proposal.header)
  if (asked.length > 0) text += `${rows.length > 0 ? '\n' : ''}To be answered (--map "header=field" of an import):\n`
  for (const proposal of asked) text += `  ${questionOf(proposal)} ${proposal.why}\n${shown(proposal.header)}`
  return text
}

/** A header as a path of a mapping: quoted in brackets where it holds what a path would take apart. */
const pathOf = (header: string): string => (/[.[\]"']/.test(header) ? `["${header.replaceAll('"', '')}"]` : header)

const yamlOf = (proposals: readonly Proposal[]): string => {
  const sure = proposals.filter(({ field }) => field !== null)
  const renamed = sure.filter(({ header, field }) => header !== field)
  const fields = sure.map(({ field, type }) => `  ${field}: ${type}\n`).join('')
  const mapping = renamed.map(({ header, field }) => `      ${field}: ${JSON.stringify(pathOf(header))}\n`).join('')
  const asked = proposals.filter(({ field }) => field === null).map((proposal) => `# ${questionOf(proposal)}\n`)
  return `fields:\n${fields}sources:\n  - id: file\n${mapping === '' ? '' : `    mapping:\n${mapping}`}${asked.join('')}`
}

/** Prints the proposal. Returns exit code 0; a file that is no CSV is a Fault `invalid_request`. */
export const runMap = async (options: MapOptions): Promise<number> => {
  const handle = await openCsv(options.file, options.encoding)
  try {
    const head = await headOf(handle, options.file)
    const { columns, rows } = await sampleColumns(handle, head, ROWS_SAMPLED)
    const { now, threshold } = options
    const proposals = proposeFields(columns, { country: options.country, now, threshold })
    const samples = (header: string): string[] =>
      samplesOf(columns.find((column) => column.header === header)?.values ?? [])
    const { output } = options
    if (options.json)
      output.write(
        `${JSON.stringify(jsonOf(options, proposals, { rows, encoding: handle.encoding, samples }), null, 2)}\n`,
      )
    else if (options.yaml) output.write(encodingLine(handle).replace(/^(?=.)/, '# ') + yamlOf(proposals))
    else output.write(encodingLine(handle) + tableOf(options, proposals, samples))
    return 0
  } finally {
    await handle.close()
  }
}
