/** `millrace eval identity`: how well a labelled file is linked, with no label used. */
import { Fault } from '../../base/faults.ts'
import { type Agreement, agreementOf } from '../../identity/evaluate.ts'
import { linkWhole } from '../../identity/link.ts'
import { openPeople, readPeople } from '../identity/people-file.ts'

export interface EvalIdentityOptions {
  readonly file: string
  /** Column that says who is who; it takes no part in matching. */
  readonly truth: string
  /** Regular expression whose first group, in the truth column, is the person. */
  readonly truthPattern: string | undefined
  readonly drop: readonly string[]
  /** `header=field`, each. */
  readonly maps: readonly string[]
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  readonly json: boolean
  /** Milliseconds since 1970. */
  readonly now: number
  readonly output: { write(text: string): unknown }
  /** What else is to be said, for people. */
  readonly notes: { write(text: string): unknown }
}

const wrong = (message: string): Fault => new Fault('invalid_request', { message })

const patternOf = (text: string | undefined): RegExp | null => {
  if (text === undefined) return null
  // Strictly first; `rec\-(\d+)`, which that refuses, is written too.
  for (const flags of ['u', '']) {
    try {
      return new RegExp(text, flags)
    } catch {
      // Tried otherwise, then told.
    }
  }
  throw wrong(`--truth-pattern ${text}: not a regular expression`)
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))

const report = (agreement: Agreement, figures: { readonly records: number; readonly seconds: number }) => ({
  records: figures.records,
  true_pairs: agreement.truePairs,
  precision: rounded(agreement.precision, 4),
  recall: rounded(agreement.recall, 4),
  f1: rounded(agreement.f1, 4),
  b3_f1: rounded(agreement.b3F1, 4),
  seconds: rounded(figures.seconds, 3),
  ms_per_record: rounded((1000 * figures.seconds) / Math.max(1, figures.records), 4),
})

/** Exit code 0. Throws Fault `invalid_request` where the file or a flag is wrong. `seconds`: reading and linking. */
export const runEvalIdentity = async (options: EvalIdentityOptions): Promise<number> => {
  const pattern = patternOf(options.truthPattern)
  const startedAt = performance.now()
  const reading = { ...options, drop: [...options.drop, options.truth] }
  const people = await openPeople(reading)
  try {
    const column = people.head.headers.indexOf(options.truth)
    const truth: string[] = []
    const { table, unreadable } = await readPeople(people, {
      ...reading,
      onRow: (values, line) => {
        const value = values[column] ?? ''
        const label = pattern && value !== '' ? pattern.exec(value)?.[1] : value
        if (label === undefined)
          throw wrong(`Line ${line}: --truth-pattern finds no first group in column "${options.truth}"`)
        // Who is not known is nobody else.
        truth.push(label === '' ? `\0${line}` : label)
      },
    })
    const linked = linkWhole(table)
    const seconds = (performance.now() - startedAt) / 1000
    const figures = report(agreementOf(linked.clusters, truth), { records: table.size, seconds })
    if (options.json) {
      options.output.write(`${JSON.stringify(figures)}\n`)
      return 0
    }
    const used = people.head.headers.flatMap((header, at) =>
      people.roles[at] === 'none' ? [] : [`${header} → ${people.roles[at]}`],
    )
    options.notes.write(`Columns: ${used.join(', ')}\n`)
    if (unreadable.length > 0)
      options.notes.write(`Left out, for they cannot be read: ${unreadable.length} of the rows.\n`)
    for (const [name, value] of Object.entries(figures)) options.output.write(`${name.padEnd(14)} ${value}\n`)
    return 0
  } finally {
    await people.handle.close()
  }
}
