import { expect, it } from 'vitest'
import { filesUnder, lineAt, read, type SourceFile, sourceFiles } from './source-files.ts'

/** What tells the time in SQL. A method `.now()` is a Clock's; `now(): number` declares one. */
const CLOCKS =
  /(?<![.\w])now\s*\(\s*\)(?!:\s)|\b(?:current_(?:timestamp|date|time)|localtime(?:stamp)?|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\b|'(?:now|today|yesterday|tomorrow)'\s*::|\b(?:timestamptz?|date)\s*'(?:now|today)'/gi

const clocksIn = ({ path, code }: Pick<SourceFile, 'path' | 'code'>): string[] =>
  [...code.matchAll(CLOCKS)].map((match) => `${path}:${lineAt(code, match.index)} ${match[0]}`)

/** It is asked what the database's clock says, so that all processes go by it. */
const ASKS_THE_SERVER = 'src/database/server-time.ts'

it('takes the time as a parameter in every statement', () => {
  const migrations = filesUnder('migrations').map((path) => ({ path, code: read(path).replace(/--[^\n]*/g, '') }))
  expect(migrations.length).toBeGreaterThan(0)
  expect(
    [...migrations, ...sourceFiles].filter(({ path }) => path !== ASKS_THE_SERVER).flatMap(clocksIn),
    'the house has one clock, and tests move it: pass the time in, as $n::timestamptz',
  ).toEqual([])
})

it.each([
  'select now()',
  'default now ( )',
  'now()::date',
  'default current_timestamp',
  "values ('now'::timestamptz)",
  'select clock_timestamp() - at',
])('sees the clock in "%s"', (code) => {
  expect(clocksIn({ path: 'a.sql', code })).toHaveLength(1)
})

it.each(['clock.now()', 'ctx.clock.now() - at', '  now(): number', 'known()', "$1::timestamptz at time zone 'UTC'"])(
  'sees none in "%s"',
  (code) => {
    expect(clocksIn({ path: 'a.ts', code })).toEqual([])
  },
)
