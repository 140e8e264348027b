import { spawnSync } from 'node:child_process'

/**
 * Whether a registry knows of weaknesses in what is shipped: `node test/support/dependency-audit.ts`. Fails on those of
 * severity high and critical, and names them. A registry that does not offer audits, or cannot be reached, fails nothing,
 * and that nothing was learned is said.
 */
export interface Verdict {
  readonly ok: boolean
  readonly text: string
}

interface Report {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity: string; readonly range: string; readonly via: readonly unknown[] }>
  >
  readonly metadata?: { readonly dependencies?: { readonly total?: number } }
  readonly message?: string
  readonly statusCode?: number
  readonly error?: { readonly summary?: string; readonly code?: string }
}

const GRAVE = new Set(['high', 'critical'])

const whyOf = (via: readonly unknown[]): string =>
  via
    .map((each) =>
      typeof each === 'string'
        ? `through ${each}`
        : `${(each as { title?: string; url?: string }).title ?? ''} ${(each as { url?: string }).url ?? ''}`.trim(),
    )
    .join('; ')

/** Of what `npm audit --json` printed. */
export const verdictOf = (printed: string): Verdict => {
  let report: Report
  try {
    report = JSON.parse(printed) as Report
  } catch {
    return { ok: false, text: `npm audit printed something else than a report: ${printed.slice(0, 200)}` }
  }
  const { vulnerabilities } = report
  if (vulnerabilities === undefined) {
    const why = report.error?.summary || report.message || report.error?.code || 'no reason given'
    return {
      ok: true,
      text: `NOTHING WAS AUDITED: the registry could not be asked (${why}). Ask one that can, before a release.`,
    }
  }
  const found = Object.entries(vulnerabilities)
  const grave = found.filter(([, { severity }]) => GRAVE.has(severity))
  const lines = found.map(([name, { severity, range, via }]) => `${severity}: ${name} ${range}: ${whyOf(via)}`)
  const total = report.metadata?.dependencies?.total ?? 0
  if (grave.length > 0)
    return { ok: false, text: [`${grave.length} grave weaknesses of ${total} packages:`, ...lines].join('\n') }
  return {
    ok: true,
    text: [`${total} packages audited, ${found.length} lesser weaknesses, none grave`, ...lines].join('\n'),
  }
}

/** Asks the registry that npm is set to. */
const auditDependencies = (folder: string): Verdict => {
  const { stdout, stderr, error } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=0'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (error) return { ok: true, text: `NOTHING WAS AUDITED: npm could not be run in time (${error.message}).` }
  return verdictOf(stdout || JSON.stringify({ message: stderr.trim().split('\n')[0] }))
}

if (import.meta.main) {
  const { ok, text } = auditDependencies(process.cwd())
  process.stdout.write(`${text}\n`)
  process.exitCode = ok ? 0 : 1
}
