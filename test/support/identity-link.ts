/** Links rows in memory as the commands do, and files of the tests through the commands themselves. */
import { resolve } from 'node:path'
import { runEvalIdentity } from '../../src/cli/commands/eval-identity.ts'
import { type Linked, linkWhole } from '../../src/identity/link.ts'
import { type Role, rolesOf } from '../../src/identity/roles.ts'
import { createSchema } from '../../src/identity/schema.ts'
import { createTableBuilder } from '../../src/identity/table.ts'

export const context = { country: 'US', now: Date.UTC(2026, 10, 23) }

export const linkRows = (
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  maps: ReadonlyMap<string, Role> = new Map(),
): Linked => {
  const columns = headers.map((header, at) => ({ header, values: rows.map((row) => row[at] ?? '') }))
  const builder = createTableBuilder(createSchema(rolesOf(columns, maps), context))
  for (const row of rows) builder.add(row)
  return linkWhole(builder.build())
}

export interface Figures {
  readonly records: number
  readonly true_pairs: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly b3_f1: number
  readonly seconds: number
  readonly ms_per_record: number
}

export const evaluate = async (
  file: string,
  flags: { readonly truth: string; readonly truthPattern?: string; readonly drop?: readonly string[] },
): Promise<Figures> => {
  let printed = ''
  await runEvalIdentity({
    file: resolve(import.meta.dirname, '../data', file),
    truth: flags.truth,
    truthPattern: flags.truthPattern,
    drop: flags.drop ?? [],
    maps: [],
    country: context.country,
    json: true,
    now: context.now,
    output: { write: (text) => (printed += text) },
    notes: { write: () => undefined },
  })
  return JSON.parse(printed) as Figures
}
