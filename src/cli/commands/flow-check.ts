import { readFile } from 'node:fs/promises'
import { parseFlow } from '../../flow/parse.ts'
import { excerptOf, formatProblem } from '../../flow/problems.ts'
import { SOURCE_LENGTH_MAX } from '../../flow/source.ts'
import type { FlowProblem, Registries } from '../../kit/flow.ts'

export interface FlowCheckOptions {
  /** Path of the flow's file, YAML or JSON. */
  readonly file: string
  /** Writes one JSON document instead of lines for people. */
  readonly json: boolean
  readonly registries: Registries
  readonly output: { write(text: string): unknown }
}

/** Codes whose place inside a longer text is best seen: these are followed by the line and a caret. */
const SHOWN: ReadonlySet<string> = new Set(['syntax', 'rule_syntax', 'template_syntax'])

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

const unreadable = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'this is a folder'
  if (code === 'EACCES') return 'the file may not be read'
  return 'the file cannot be read'
}

const writeProblems = (options: FlowCheckOptions, problems: readonly FlowProblem[], text: string): void => {
  for (const problem of problems) {
    options.output.write(`${formatProblem(problem, options.file)}\n`)
    if (SHOWN.has(problem.code)) options.output.write(`${excerptOf(problem, text)}\n`)
  }
  options.output.write(`${counted(problems.length, 'problem')}\n`)
}

/** Checks a flow's file: 0 and a summary where it is right, 2 and every problem, one a line, where it is not. */
export const runFlowCheck = async (options: FlowCheckOptions): Promise<number> => {
  const { file, json, registries, output } = options
  let text: string
  try {
    // Cut at what so many characters take at most; `parseFlow` refuses what is longer.
    text = (await readFile(file)).subarray(0, SOURCE_LENGTH_MAX * 4).toString('utf8')
  } catch (error) {
    const message = unreadable(error)
    output.write(json ? `${JSON.stringify({ valid: false, error: message })}\n` : `${file}: ${message}\n`)
    return 2
  }
  const { document, problems } = parseFlow(text.replace(/^\uFEFF/, ''), registries)
  const steps = document.steps.map(({ id }) => id)
  const sources = document.sources.map(({ id }) => id)
  const valid = problems.length === 0
  if (json) output.write(`${JSON.stringify({ valid, flow: document.id, steps, sources, problems }, null, 2)}\n`)
  else if (valid)
    output.write(
      `${file}: flow ${document.id} is right: ${counted(steps.length, 'step')} (${steps.join(', ') || 'none'}), ` +
        `${counted(sources.length, 'source')} (${sources.join(', ')})\n`,
    )
  else writeProblems(options, problems, text)
  return valid ? 0 : 2
}
