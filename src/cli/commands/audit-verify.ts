import { verifyAudit } from '../../audit/verify.ts'
import type { House } from '../../house.ts'
import { verifyAnchors } from '../../journal/anchors.ts'
import { verifyTenant } from '../../journal/verify.ts'

/** Walks every chain of every tenant; exit code 1 where one is broken. */
export const runAuditVerify = async (options: {
  readonly openHouse: () => Promise<House>
  readonly output: NodeJS.WritableStream
  readonly json: boolean
}): Promise<number> => {
  const { output, json } = options
  const house = await options.openHouse()
  try {
    const tenants = await house.database.definer<{ id: string; slug: string }>({
      name: 'all_tenants',
      text: 'select id, slug from millrace.find_tenants()',
    })
    let leads = 0
    let segments = 0
    let anchors = 0
    let entries = 0
    for (const tenant of tenants) {
      const verified = await verifyTenant({
        database: house.database,
        tenantId: tenant.id,
        onProgress: (done) => {
          if (!json && process.stderr.isTTY) process.stderr.write(`\r${tenant.slug}: ${done} segments`)
        },
      })
      leads += verified.leads
      segments += verified.segments
      if (verified.breach) {
        const { leadId, seq, what } = verified.breach
        output.write(
          json
            ? `${JSON.stringify({ ok: false, tenant: tenant.slug, lead_id: leadId, seq, what, leads, segments })}\n`
            : `Broken: tenant ${tenant.slug}, lead ${leadId}, segment ${seq}: ${what.replaceAll('_', ' ')}\n`,
        )
        return 1
      }
      const anchored = await verifyAnchors({ database: house.database, keyring: house.keyring, tenantId: tenant.id })
      anchors += anchored.anchors
      if (anchored.breach) {
        const { day, what, anchored: then, found } = anchored.breach
        output.write(
          json
            ? `${JSON.stringify({ ok: false, tenant: tenant.slug, day, what, anchored: then, found })}\n`
            : `Broken: tenant ${tenant.slug}, day ${day}: ${what.replaceAll('_', ' ')} (${then} segments were anchored, ${found} are there)\n`,
        )
        return 1
      }
      const audited = await verifyAudit({ database: house.database, keyring: house.keyring, tenantId: tenant.id })
      entries += audited.entries
      if (audited.breach) {
        const { seq, what } = audited.breach
        output.write(
          json
            ? `${JSON.stringify({ ok: false, tenant: tenant.slug, audit_entry: seq, what })}\n`
            : `Broken: tenant ${tenant.slug}, audit entry ${seq}: ${what.replaceAll('_', ' ')}\n`,
        )
        return 1
      }
    }
    output.write(
      json
        ? `${JSON.stringify({ ok: true, leads, segments, anchors, entries })}\n`
        : `All chains are whole: ${leads} leads, ${segments} segments, ${anchors} signed days, ${entries} audit entries.\n`,
    )
    return 0
  } finally {
    await house.close(0)
  }
}
