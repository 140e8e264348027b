import { type PrivacyOptions, tenantOf } from './privacy.ts'

/** `./millrace privacy retention`: lets go what is old, or with `dryRun` says what would go. */
export const runRetention = async (options: PrivacyOptions & { readonly dryRun: boolean }): Promise<number> => {
  const { output, progress, json, dryRun } = options
  const house = await options.openHouse()
  try {
    const tenant = await tenantOf(house, options.tenant)
    const reports = await house.privacy.retention.run(tenant.id, {
      dryRun,
      onProgress: (items) => {
        if (!json && progress.isTTY) progress.write(`\r\x1b[K${items} leads let go`)
      },
    })
    if (!json && progress.isTTY) progress.write('\n')
    for (const report of reports) {
      const before = report.before === null ? null : new Date(report.before).toISOString().slice(0, 10)
      const verb = dryRun ? 'would go' : 'gone'
      output.write(
        json
          ? `${JSON.stringify({ ...report, before, dry_run: dryRun })}\n`
          : before === null
            ? `${report.kind}: kept for ever\n`
            : `${report.kind}: ${report.items} from before ${before} ${verb}${report.open > 0 ? `; ${report.open} have not ended and stay` : ''}${report.archive === null ? '' : `; archive ${report.archive}`}\n`,
      )
    }
    return 0
  } finally {
    await house.close(0)
  }
}
