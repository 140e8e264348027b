/** What stands between a submission and its flow, and around what is kept of it, as shares of the server's busy time. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type CaseContext, startMillrace } from './cases.ts'
import { type CpuProfile, placeOf } from './profile.ts'
import { type Measured, measure, type RoundsOptions, warmUp } from './rounds.ts'

export type Guard = 'authentication' | 'authorization' | 'sealing' | 'limits'

export interface GuardsMeasured {
  /** Of the time the server was busy under load, 0 to 100; each with all that it calls. */
  readonly shares: Readonly<Record<Guard, number>>
  readonly total: number
  readonly busyS: number
  readonly load: Measured
}

/** Whose work a file does. What it calls counts for it, down to the next file that stands here. */
const FILES: readonly (readonly [Guard, RegExp])[] = [
  ['authentication', /^src\/(?:ingest\/authenticate|access\/(?!matrix)[\w-]+|api\/principals|base\/api-key)\.ts$/],
  ['authorization', /^src\/(?:access\/matrix|api\/(?:guard|submission-gate|cors))\.ts$/],
  ['sealing', /^src\/(?:base\/seal|journal\/(?:keyring|pack))\.ts$/],
  ['limits', /^src\/(?:ingest\/(?:quota|rate-limit|shedding)|api\/(?:door|lag))\.ts$/],
]

const guardOf = (url: string): Guard | undefined => {
  const place = placeOf(url)
  return FILES.find(([, pattern]) => pattern.test(place))?.[0]
}

const IDLE = new Set(['(idle)', '(program)', '(root)'])

/** `fromUs`: what was sampled before is the start of the server, and left out. */
export const guardShares = (
  { nodes, samples, timeDeltas, startTime = 0 }: CpuProfile,
  fromUs: number,
): Pick<GuardsMeasured, 'shares' | 'total' | 'busyS'> => {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const known = new Map<number, Guard | null>()
  const guardAt = (id: number): Guard | null => {
    const before = known.get(id)
    if (before !== undefined) return before
    const own = guardOf(byId.get(id)?.url ?? '')
    const parent = parents.get(id)
    const found = own ?? (parent === undefined ? null : guardAt(parent))
    known.set(id, found)
    return found
  }
  const times: Record<Guard, number> = { authentication: 0, authorization: 0, sealing: 0, limits: 0 }
  let busyUs = 0
  let at = startTime
  samples.forEach((id, index) => {
    const us = timeDeltas[index] ?? 0
    at += us
    if (at < fromUs || IDLE.has(byId.get(id)?.functionName ?? '(root)')) return
    busyUs += us
    const guard = guardAt(id)
    if (guard !== null) times[guard] += us
  })
  const share = (us: number): number => (busyUs === 0 ? 0 : (us / busyUs) * 100)
  return {
    shares: {
      authentication: share(times.authentication),
      authorization: share(times.authorization),
      sealing: share(times.sealing),
      limits: share(times.limits),
    },
    total: share(Object.values(times).reduce((sum, us) => sum + us, 0)),
    busyS: busyUs / 1e6,
  }
}

const NAME = 'bench_guards'
const SECONDS = 8

/** (c) once more, by itself and under the profiler. */
export const measureGuards = async (options: {
  readonly context: CaseContext
  readonly rounds: RoundsOptions
  readonly say: (text: string) => void
}): Promise<GuardsMeasured> => {
  const { context, rounds, say } = options
  const profileFolder = mkdtempSync(join(context.folder, 'guards-'))
  const databaseUrl = await context.database.create(NAME)
  const target = await startMillrace({ context: { ...context, profileFolder }, name: NAME, databaseUrl, sinkUrl: null })
  const contenders = [{ label: '(c) under the profiler', target }]
  await warmUp(contenders, { ...rounds, durationMs: 2_000 })
  const fromUs = Number(process.hrtime.bigint() / 1_000n)
  const [load] = await measure(contenders, { ...rounds, rounds: 1, durationMs: SECONDS * 1000 })
  await target.server.stop()
  const [largest] = readdirSync(profileFolder)
    .map((name) => readFileSync(join(profileFolder, name), 'utf8'))
    .sort((left, right) => right.length - left.length)
  rmSync(profileFolder, { recursive: true, force: true })
  if (largest === undefined || load === undefined) throw new Error('the profiled server left no profile')
  const found = guardShares(JSON.parse(largest) as CpuProfile, fromUs)
  say(`  busy for ${found.busyS.toFixed(1)} s`)
  return { ...found, load }
}
