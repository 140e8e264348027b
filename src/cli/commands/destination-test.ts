import { readFileSync } from 'node:fs'
import { Fault } from '../../base/faults.ts'
import { compileFlow } from '../../flow/compile.ts'
import { parseFlow } from '../../flow/parse.ts'
import { excerptOf, formatProblem } from '../../flow/problems.ts'
import type { House } from '../../house.ts'
import type { CallAnswer } from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import type { CompiledFlow, Registries } from '../../kit/flow.ts'
import { samplePayload } from '../../runner/sample-payload.ts'
import { type Trial, triedIn, triedNames, tryDestination } from '../../runner/try-destination.ts'
import { tenantOf } from './flow-publish.ts'

export interface DestinationTestOptions {
  readonly file: string
  readonly destination: string
  /** JSON file or text: values of the sample lead, by field. */
  readonly lead: string | undefined
  /** JSON file or text: what is sent, as it is. */
  readonly payload: string | undefined
  /** File or text of an answer's body: it is read, and nothing is sent. */
  readonly answer: string | undefined
  readonly status: string | undefined
  /** Only makes the call that proves the connection. */
  readonly check: boolean
  readonly tenant: string | undefined
  readonly json: boolean
  readonly registries: Registries
  readonly openHouse: () => Promise<House>
  readonly output: NodeJS.WritableStream
  readonly now: number
}

const EXIT_NOT_TAKEN = 1
const EXIT_USAGE = 2

/** A file's text, or the text itself where it begins like what it should be. */
const textOf = (given: string, begins: RegExp): string => (begins.test(given) ? given : readFileSync(given, 'utf8'))

const objectOf = (given: string | undefined, what: string): { readonly [key: string]: Json } | null => {
  if (given === undefined) return null
  let value: unknown
  try {
    value = JSON.parse(textOf(given, /^\s*[{[]/))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new Fault('invalid_request', {
      message: `The ${what} is not JSON: write {"email": "ann@example.com"}, or a file`,
    })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Fault('invalid_request', { message: `The ${what} is not an object of names and values` })
  return value as { [key: string]: Json }
}

const answerOf = ({ answer, status }: DestinationTestOptions): CallAnswer | null => {
  if (answer === undefined) return null
  const code = Number(status ?? 200)
  if (!Number.isInteger(code) || code < 100 || code > 599)
    throw new Fault('invalid_request', { message: '--status is a number from 100 to 599' })
  return { status: code, headers: {}, body: textOf(answer, /^\s*[{[<]|\s/) }
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')

const headerLines = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `    ${name}: ${value}\n`)
    .join('')

const NEXT: Readonly<Record<Trial['next'], string>> = {
  done: 'done: no further attempt',
  tried_again: 'would be tried again',
  parked: 'would wait for a person, who must say what became of it',
  dead_letter: 'would not be tried again: somebody must mend it',
  pauses_connection: 'would pause the connection until the credentials are renewed',
}

const written = ({ exchanges, result, next }: Trial): string => {
  const calls = exchanges.map(({ request, response, ms }) => {
    const body = request.body === null ? '' : `\n${indented(request.body)}\n`
    const answer =
      response === null
        ? '  no answer\n'
        : `  answered ${response.status}${ms === null ? '' : ` in ${ms} ms`}\n${headerLines(response.headers)}\n${indented(response.body)}\n`
    return `  ${request.method} ${request.url}\n${headerLines(request.headers)}${body}\n${answer}`
  })
  const facts: (readonly [string, string | null])[] = [
    ['outcome', result.outcome],
    ['code', result.outcome === 'success' ? null : result.code],
    ['reason', result.reason],
    ['reference', (result.outcome !== 'error' && result.reference) || null],
    ['price', result.outcome === 'success' && result.price ? `${result.price.amount} ${result.price.currency}` : null],
    ...Object.entries((result.outcome !== 'error' && result.captured) || {}).map(
      ([name, value]) => [`captured ${name}`, value] as const,
    ),
    ['next', NEXT[next]],
  ]
  const read = facts.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(10)} ${value}\n`]))
  return `Sent, without credentials:\n\n${calls.join('\n')}\nRead:\n\n${read.join('')}`
}

const trialOf = async (options: DestinationTestOptions, flow: CompiledFlow): Promise<Trial | null> => {
  const destination = triedIn(flow, options.destination)
  if (!destination)
    throw new Fault('not_found', {
      message: `The flow has no destination or enricher "${options.destination}"; it has: ${triedNames(flow)}`,
    })
  const answer = answerOf(options)
  const given = objectOf(options.payload, 'payload')
  const lead = objectOf(options.lead, 'lead') ?? {}
  const payload = given ?? samplePayload({ flow, destination: destination.id, lead, now: options.now })
  if (answer !== null && !options.check)
    return tryDestination({ destination, payload, now: options.now, timeoutMs: 0, answer, as: null })
  const house = await options.openHouse()
  try {
    const tenantId = await tenantOf(house, options.tenant)
    const target = { compiled: destination }
    return options.check
      ? await house.trials.check({ tenantId, target })
      : await house.trials.test({ tenantId, target, lead: null, payload, answer: null })
  } finally {
    await house.close(0)
  }
}

/** `./millrace destination test`: 0 where a lead would have been taken, 1 where not. */
export const runDestinationTest = async (options: DestinationTestOptions): Promise<number> => {
  const { file, registries, output, json } = options
  const text = readFileSync(file, 'utf8')
  const { document, problems } = parseFlow(text, registries)
  if (problems.length > 0) {
    output.write(problems.map((problem) => `${formatProblem(problem, file)}\n${excerptOf(problem, text)}\n`).join(''))
    return EXIT_USAGE
  }
  const trial = await trialOf(options, compileFlow({ document, version: 0, registries }))
  if (trial === null) {
    output.write(
      json ? 'null\n' : 'There is no call that checks this destination without sending a lead: leave --check out.\n',
    )
    return EXIT_USAGE
  }
  output.write(json ? `${JSON.stringify(trial)}\n` : written(trial))
  return trial.result.outcome === 'success' ? 0 : EXIT_NOT_TAKEN
}
