/** `millrace dedupe` on real files: what it writes, and that it goes on where it was stopped. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { parse } from 'csv-parse/sync'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { historicalRows } from '../../bench/identity/historical.ts'
import { isFault } from '../../src/base/faults.ts'
import { runDedupe } from '../../src/cli/commands/dedupe.ts'
import { registries } from '../support/house.ts'
import { context } from '../support/identity-link.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-dedupe-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const run = async (flags: {
  readonly file: string
  readonly out?: string
  readonly maps?: readonly string[]
  /** Stops it once this holds. */
  readonly stopWhen?: () => boolean
}): Promise<{ readonly code: number; readonly printed: string; readonly said: string; readonly out: string }> => {
  let printed = ''
  let said = ''
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const progress = new Writable({
    write: (chunk, _, done) => {
      said += String(chunk)
      done()
    },
  })
  const watching = flags.stopWhen === undefined ? undefined : setInterval(() => flags.stopWhen?.() && end(), 1)
  const out = flags.out ?? join(folder, 'clusters.csv')
  try {
    const code = await runDedupe({
      file: flags.file,
      out,
      maps: flags.maps ?? [],
      drop: [],
      country: context.country,
      tenant: undefined,
      flow: undefined,
      registries,
      openHouse: () => Promise.reject(new Error('a file needs no database')),
      restart: false,
      json: false,
      now: context.now,
      ended,
      output: { write: (text) => (printed += text) },
      progress: progress as unknown as NodeJS.WriteStream,
    })
    return { code, printed, said, out }
  } finally {
    clearInterval(watching)
  }
}

const write = (text: string): string => {
  const file = join(folder, 'people.csv')
  writeFileSync(file, text)
  return file
}

/** Bytes of pairs that a run has kept. */
const pairsKept = (out: string): number => (existsSync(`${out}.pairs`) ? statSync(`${out}.pairs`).size : 0)

const failure = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return isFault(error) ? error.message : `no fault: ${String(error)}`
}

describe('dedupe', () => {
  it('writes every row with its person, the row it is likest to, and why', async () => {
    const file = write(
      [
        'Name;Born;Mail;Note',
        'Katherine Featherstone;1980-02-01;kf@example.org;=1+1',
        'Robert Quill;1975-11-30;rquill@example.net;x',
        'Kate Fetherstone;1980-01-02;kf@example.org;y',
        'Robert Quill;1975-11-30;;z',
        'Nora Oldcastle;1990-06-06;nora@example.com;w',
      ].join('\n'),
    )
    const { code, printed, out } = await run({ file, maps: ['Note=none'] })
    expect(code).toBe(0)
    expect(printed).toContain('5 rows are 3 persons; 2 of them stand there more than once')
    const rows: Record<string, string>[] = parse(readFileSync(out), { columns: true })
    expect(rows.map(({ person, person_rows, likest_line }) => [person, person_rows, likest_line])).toEqual([
      ['1', '2', '4'],
      ['2', '2', '5'],
      ['1', '2', '2'],
      ['2', '2', '3'],
      ['3', '1', ''],
    ])
    expect(rows[0]?.because).toContain('email exact +')
    expect(rows[0]?.because).toContain('given_name nickname')
    expect(Number(rows[0]?.probability)).toBeGreaterThan(0.9)
    // A sheet would run it.
    expect(rows[0]?.Note).toBe("'=1+1")
    expect(statSync(out).mode & 0o077).toBe(0)
  })

  it('gives a copy of a row its reason as well', async () => {
    const rows = Array.from(
      { length: 6 },
      (_, at) => `Person Number${'abcdef'[at]},19${50 + 7 * at}-0${at + 1}-1${at},p${at}@x.org`,
    )
    const { out } = await run({ file: write(['Name,Born,Mail', ...rows, rows[2]].join('\n')) })
    const written: Record<string, string>[] = parse(readFileSync(out), { columns: true })
    expect(written.map(({ person, likest_line }) => [person, likest_line]).filter(([, line]) => line !== '')).toEqual([
      ['3', '8'],
      ['3', '4'],
    ])
    expect(written[6]?.because).toContain('email exact')
  })

  it('goes on where it was stopped, and writes what one run writes', async () => {
    const people = historicalRows({ persons: 320, seed: 9, noise: 1 })
    const headers = Object.keys(people[0] ?? {}).filter((header) => header !== 'cluster')
    const quoted = (text: string): string => `"${text}"`
    const lines = people.map((person) =>
      headers.map((header) => quoted(String(person[header as keyof typeof person]))).join(','),
    )
    const file = write([headers.join(','), ...lines].join('\n'))
    const whole = await run({ file, out: join(folder, 'whole.csv') })
    expect(whole.code).toBe(0)

    const out = join(folder, 'parts.csv')
    let stopped = 0
    for (let tries = 0; tries < 10; tries += 1) {
      const before = pairsKept(out)
      const { code, said } = await run({ file, out, stopWhen: () => pairsKept(out) > before })
      if (code === 0) {
        expect(said).toContain('Going on after')
        break
      }
      stopped += 1
      expect(existsSync(out)).toBe(false)
      const kept = readFileSync(`${out}.progress`, 'utf8')
      for (const { surname } of people.slice(0, 50)) if (surname !== '') expect(kept).not.toContain(surname)
    }
    expect(stopped).toBeGreaterThan(0)
    expect(readFileSync(out, 'utf8')).toBe(readFileSync(whole.out, 'utf8'))
    expect(existsSync(`${out}.progress`)).toBe(false)
    expect(existsSync(`${out}.pairs`)).toBe(false)
  })

  it('goes on learning where it was stopped, and writes what one run writes', async () => {
    const people = historicalRows({ persons: 640, seed: 9, noise: 1 })
    const headers = Object.keys(people[0] ?? {}).filter((header) => header !== 'cluster')
    const lines = people.map((person) =>
      headers.map((header) => `"${String(person[header as keyof typeof person])}"`).join(','),
    )
    const file = write([headers.join(','), ...lines].join('\n'))
    const whole = await run({ file, out: join(folder, 'whole.csv') })
    const out = join(folder, 'parts.csv')
    const rowKept = (): number =>
      existsSync(`${out}.progress`) ? (JSON.parse(readFileSync(`${out}.progress`, 'utf8')).learning?.row ?? 0) : 0
    const { code } = await run({ file, out, stopWhen: () => rowKept() > 1 })
    expect(code).toBe(130)
    const row = rowKept()
    expect(row).toBeGreaterThan(1)
    expect(existsSync(`${out}.pairs`)).toBe(false)
    const kept = readFileSync(`${out}.progress`, 'utf8')
    for (const { surname } of people) if (surname.length > 3) expect(kept).not.toContain(surname)
    const { said } = await run({ file, out })
    expect(said).toContain(`Going on learning after ${row} rows.`)
    expect(readFileSync(out, 'utf8')).toBe(readFileSync(whole.out, 'utf8'))
    expect(existsSync(`${out}.progress`)).toBe(false)
  })

  it('leaves an output to the run that is writing it, and finds out at once that one cannot be written', async () => {
    const rows = Array.from({ length: 40 }, (_, at) => `Ann Quill${at},19${40 + at}-02-01,a${at % 30}@example.org`)
    const file = write(['Name,Born,Mail', ...rows].join('\n'))
    const out = join(folder, 'clusters.csv')
    const [first, second] = await Promise.all([run({ file, out }), failure(run({ file, out }))])
    expect(first.code).toBe(0)
    expect(second).toContain(`another run is writing it (process ${process.pid})`)
    const written = readFileSync(out, 'utf8')
    // One that was killed leaves its lock: whoever comes next takes it.
    writeFileSync(`${out}.lock`, JSON.stringify({ pid: process.pid, identity: 'of another that had this number' }))
    expect((await run({ file, out })).code).toBe(0)
    expect(readFileSync(out, 'utf8')).toBe(written)
    expect(readdirSync(folder).sort()).toEqual(['clusters.csv', 'people.csv'])
    expect(await failure(run({ file, out: folder }))).toContain('this is a folder')
    expect(await failure(run({ file, out: join(folder, 'nowhere', 'x.csv') }))).toContain('cannot be written')
  })

  it('says what is wrong with a flag, and what would be right', async () => {
    const file = write('Name,Born\nAnn Quill,1980-02-01\n')
    expect(await failure(run({ file, maps: ['Nam=full_name'] }))).toContain('Did you mean "Name"?')
    expect(await failure(run({ file, maps: ['Name=shoe_size'] }))).toContain('given_name, middle_name, surname')
    expect(await failure(run({ file, maps: ['Name'] }))).toContain('expected header=field')
    expect(await failure(run({ file, out: file }))).toContain('this is the file to read')
  })

  it('leaves unreadable rows out and says which', async () => {
    const file = write('Name,Born\nAnn Quill,1980-02-01\n"Bo,1\nCy Reed,1981-02-01\n')
    const { code, said } = await run({ file })
    expect(code).toBe(0)
    expect(said).toContain('Left out, for they cannot be read: 1 of the rows, at line 3')
  })
})
