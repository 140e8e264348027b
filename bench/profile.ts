/** Where a profiled server spent its time: the heaviest functions and files of a .cpuprofile. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatTable } from './table.ts'

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

export interface CpuProfile {
  /** Microseconds, of the machine's monotonic clock. */
  readonly startTime?: number
  readonly nodes: readonly ProfileNode[]
  /** The node that was on top at each sample. */
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

export interface Share {
  readonly name: string
  /** Of the time the process was busy, 0 to 100. */
  readonly percent: number
}

export interface ProfileSummary {
  readonly busyS: number
  readonly functions: readonly Share[]
  readonly files: readonly Share[]
}

const IDLE = new Set(['(idle)', '(program)', '(root)'])

/** `src/journal/append.ts`, `node_modules/pg`, `node:crypto`; a function of the engine itself goes by its name. */
export const placeOf = (url: string): string => {
  if (url === '') return '(engine)'
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  if (installed !== undefined) return `node_modules/${installed}`
  return /\/((?:src|bench)\/.*)$/.exec(url)?.[1] ?? url
}

const shares = (times: ReadonlyMap<string, number>, busyUs: number): Share[] =>
  [...times]
    .map(([name, us]) => ({ name, percent: (us / busyUs) * 100 }))
    .sort((left, right) => right.percent - left.percent)

export const summarize = ({ nodes, samples, timeDeltas }: CpuProfile): ProfileSummary => {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const functions = new Map<string, number>()
  const files = new Map<string, number>()
  let busyUs = 0
  samples.forEach((id, at) => {
    const frame = byId.get(id)
    if (frame === undefined || IDLE.has(frame.functionName)) return
    const us = timeDeltas[at] ?? 0
    const place = placeOf(frame.url)
    const name = `${frame.functionName || '(anonymous)'}  ${place}${frame.url === '' ? '' : `:${frame.lineNumber + 1}`}`
    busyUs += us
    functions.set(name, (functions.get(name) ?? 0) + us)
    files.set(place, (files.get(place) ?? 0) + us)
  })
  return { busyS: busyUs / 1e6, functions: shares(functions, busyUs), files: shares(files, busyUs) }
}

const ROWS_MAX = 25

const table = (title: string, rows: readonly Share[]): string =>
  formatTable(
    [title, 'self %'],
    rows.slice(0, ROWS_MAX).map(({ name, percent }) => [name, percent.toFixed(1)]),
  )

/** Of the largest profile in the folder: a server's workers and helpers leave small ones beside it. */
export const formatProfile = (folder: string): string => {
  const [file] = readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }))
    .sort((left, right) => right.text.length - left.text.length)
  if (file === undefined) return `No profile was left in ${folder}.`
  const { busyS, functions, files } = summarize(JSON.parse(file.text) as CpuProfile)
  return [
    `Profile: ${file.path} (open it in Chromium's DevTools, Performance)`,
    `Busy for ${busyS.toFixed(1)} s, the start included.`,
    '',
    table('file or package', files),
    '',
    table('function', functions),
  ].join('\n')
}
