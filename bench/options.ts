import { Command, InvalidArgumentError } from 'commander'
import { CASES, type CaseId } from './cases.ts'

export interface BenchOptions {
  readonly cases: readonly CaseId[]
  readonly connections: readonly number[]
  readonly rounds: number
  readonly durationMs: number
  readonly warmUpMs: number
  /** Whether the case with a million leads stored is measured too. */
  readonly million: boolean
  /** Persons stored in the case that matches them; 0: it is left out. */
  readonly persons: number
  /** Entries of the lists that leads are looked up in, in turns with leads that are not; 0: it is left out. */
  readonly lists: number
  /** Whether deliveries are measured too: how late, how many, and what those that wait cost. */
  readonly deliveries: boolean
  /** Whether the shares of authentication, authorization, sealing and limits in the server's CPU are measured too. */
  readonly guards: boolean
  /** The console in a browser, that alone; null: it is left out. */
  readonly console: { readonly leads: number; readonly minutes: number } | null
  readonly quick: boolean
  readonly profile: CaseId | null
  readonly json: boolean
}

/** Without (e), whose lists take a minute to fill: `--only c,e` compares the two. */
const USUAL: readonly CaseId[] = ['a', 'b', 'c', 'd']
const CONNECTIONS_MAX = 1024
const PERSONS = 1_000_000
const LIST_ENTRIES = 10_000_000
const CONSOLE_LEADS = 1_000_000
const CONSOLE_MINUTES = 10

const isCase = (text: string): text is CaseId => Object.hasOwn(CASES, text)

const readCase = (text: string): CaseId => {
  if (isCase(text)) return text
  throw new InvalidArgumentError(`Expected ${Object.keys(CASES).join(', ')}, not "${text}".`)
}

const readCases = (text: string): CaseId[] => {
  const asked = new Set(text.split(',').map((part) => readCase(part.trim())))
  return Object.keys(CASES)
    .filter(isCase)
    .filter((id) => asked.has(id))
}

const readCount =
  (max: number) =>
  (text: string): number => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= 1 && value <= max) return value
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${max}, not "${text}".`)
  }

const readConnections = (text: string): number[] =>
  text.split(',').map((part) => readCount(CONNECTIONS_MAX)(part.trim()))

/** Reads the command line; ends the process for --help and for what it does not know. */
export const readOptions = (argv: readonly string[]): BenchOptions => {
  const program = new Command('npm run bench --')
    .description(
      `Measures Millrace against the cheapest honest thing on the same machine, in turns:\n${Object.entries(CASES)
        .map(([id, name]) => `  (${id}) ${name}`)
        .join('\n')}\nIt lasts under 10 minutes, talks to 127.0.0.1 only, and leaves nothing behind but its results.`,
    )
    .option('--quick', 'a minute or two: fewer and shorter rounds at 1 and 64 connections, no million')
    .option('--only <cases>', 'only these cases, such as c,b; without the million unless c is among them', readCases)
    .option('--connections <numbers>', 'such as 1,64', readConnections)
    .option('--rounds <number>', 'rounds of each case', readCount(50))
    .option('--seconds <number>', 'length of a round', readCount(60))
    .option('--no-million', 'leave out the case with a million leads stored')
    .option('--no-deliveries', 'leave out how late deliveries go out, how many, and what those that wait cost')
    .option('--deliveries-only', 'that alone')
    .option('--no-guards', 'leave out what authentication, authorization, sealing and limits take of the CPU')
    .option('--guards-only', 'that alone')
    .option('--persons', 'also the case with persons matched, a million of them stored')
    .option('--persons-only [number]', 'that case alone, with so many persons', readCount(4_000_000))
    .option(
      '--lists-only [number]',
      'what looking up among so many list entries adds, that alone',
      readCount(20_000_000),
    )
    .option('--console', 'the console in chromium with a million leads stored and 500 a second coming in, that alone')
    .option('--console-leads <number>', 'stored for it', readCount(2_000_000))
    .option('--console-minutes <number>', 'how long leads come in, on each of two screens; 10', readCount(10))
    .option('--profile <case>', 'run the server of this case under the CPU profiler', readCase)
    .option('--json', 'print JSON in place of the table')
    .parse(argv)
  const flags = program.opts<{
    quick?: true
    only?: CaseId[]
    connections?: number[]
    rounds?: number
    seconds?: number
    million: boolean
    persons?: true
    deliveries: boolean
    deliveriesOnly?: true
    guards: boolean
    guardsOnly?: true
    personsOnly?: number | true
    listsOnly?: number | true
    console?: true
    consoleLeads?: number
    consoleMinutes?: number
    profile?: CaseId
    json?: true
  }>()
  const quick = flags.quick === true
  const profile = flags.profile ?? null
  const alone = flags.personsOnly === true ? PERSONS : flags.personsOnly
  const lists = flags.listsOnly === true ? LIST_ENTRIES : (flags.listsOnly ?? 0)
  const cases =
    flags.console === true ||
    alone !== undefined ||
    lists > 0 ||
    flags.deliveriesOnly === true ||
    flags.guardsOnly === true
      ? []
      : (flags.only ?? (profile === null ? USUAL : [profile]))
  if (profile !== null && !cases.includes(profile)) program.error(`--profile ${profile} needs ${profile} in --only.`)
  return {
    cases,
    connections: flags.connections ?? (profile !== null ? [64] : quick ? [1, 64] : [1, 64, 256]),
    rounds: flags.rounds ?? (quick ? 4 : 5),
    durationMs: (flags.seconds ?? (quick ? 2 : 3)) * 1000,
    warmUpMs: 2_500,
    million: flags.million && !quick && profile === null && cases.includes('c'),
    persons: alone ?? (flags.persons ? PERSONS : 0),
    guards:
      flags.guardsOnly === true ||
      (flags.guards && profile === null && alone === undefined && lists === 0 && cases.includes('c')),
    deliveries:
      flags.deliveriesOnly === true ||
      (flags.deliveries &&
        flags.guardsOnly !== true &&
        !quick &&
        profile === null &&
        alone === undefined &&
        lists === 0 &&
        flags.only === undefined),
    lists,
    console:
      flags.console === true
        ? { leads: flags.consoleLeads ?? CONSOLE_LEADS, minutes: flags.consoleMinutes ?? CONSOLE_MINUTES }
        : null,
    quick,
    profile,
    json: flags.json === true,
  }
}
