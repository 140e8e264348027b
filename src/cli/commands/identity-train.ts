/** `millrace identity train`: weights learned from a tenant's own leads, without labels, and with those there are. */
import { setImmediate as turn } from 'node:timers/promises'
import { Fault } from '../../base/faults.ts'
import { int8s, texts } from '../../database/arrays.ts'
import { type StoredModel, termKey } from '../../handlers/models.ts'
import type { House } from '../../house.ts'
import type { Model } from '../../identity/em.ts'
import { createIntake } from '../../identity/intake.ts'
import { type Label, learnModel } from '../../identity/learning.ts'
import { createLinkage } from '../../identity/link.ts'
import { modelToJson } from '../../identity/model-json.ts'
import { createTableBuilder, type Table } from '../../identity/table.ts'
import type { Registries } from '../../kit/flow.ts'
import { readPersonLabels } from '../identity/person-labels.ts'
import { beforeNewest, countStored, storedLeads } from '../identity/stored-leads.ts'
import { createProgress, type Progress } from '../import/progress.ts'
import { asOperator, changing } from '../operator-change.ts'
import { tenantOf } from './flow-publish.ts'

export interface TrainOptions {
  readonly tenant: string | undefined
  /** Leads to learn from at most: the newest. */
  readonly leadsMax: number
  readonly json: boolean
  readonly registries: Registries
  readonly openHouse: () => Promise<House>
  readonly output: { write(text: string): unknown }
  readonly progress: NodeJS.WriteStream
}

/** Fewer say nothing that the shipped weights do not say better. */
const LEADS_MIN = 200
/** Values kept of each field, the commonest; and how common one must be. */
const TERMS_MAX = 5_000
const TERM_ROWS_MIN = 3

interface Terms {
  readonly fields: string[]
  readonly terms: bigint[]
  readonly shares: number[]
  readonly agreement: Record<string, number>
}

/** How common each field's values are, as keyed hashes. */
const termsOf = (table: Table, keyOf: (field: string, term: string) => bigint): Terms => {
  const found: Terms = { fields: [], terms: [], shares: [], agreement: {} }
  const least = TERM_ROWS_MIN / Math.max(1, table.distinct.length)
  for (const [at, group] of table.schema.groups.entries())
    for (const [feature, { id }] of group.features.entries()) {
      if (!group.features[feature]?.levels.some(({ rarity }) => rarity !== undefined && rarity > 0)) continue
      const shares = new Map<string, number>()
      for (const [value, keyed] of (table.values[at] ?? []).entries()) {
        const term = group.terms(keyed)[feature]
        const share = table.shares[at]?.[feature]?.[value] ?? 0
        if (term && share >= least) shares.set(term, share)
      }
      const common = [...shares].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, TERMS_MAX)
      found.agreement[id] = table.agreement[at]?.[feature] ?? 0
      for (const [term, share] of common) {
        found.fields.push(id)
        found.terms.push(keyOf(id, term))
        found.shares.push(share)
      }
    }
  return found
}

const readLabels = async (house: House, tenantId: string): Promise<Label[]> => {
  const [rows] = await house.database.batch(
    [tenantId],
    [
      {
        text: 'select codes, same from millrace.identity_label where tenant_id = $1::uuid order by lead_id, person_id',
        values: [tenantId],
      },
    ],
  )
  const reviewed = (rows ?? []).map((row): Label => ({ codes: row.codes as number[], same: row.same as boolean }))
  return [...reviewed, ...(await readPersonLabels(house, tenantId))]
}

const keep = async (
  house: House,
  tenantId: string,
  learned: { readonly table: Table; readonly model: Model },
): Promise<number> => {
  const { table, model } = learned
  const keys = await house.keyring.tenant(tenantId)
  const { fields, terms, shares, agreement } = termsOf(table, (field, term) => termKey(keys, field, term))
  const stored: StoredModel = {
    weights: modelToJson(table.schema, model),
    agreement,
    share_min: 2 / Math.max(1, table.distinct.length),
  }
  const [, , , rows] = await asOperator(
    tenantId,
    () => ({ action: 'identity.train', resource: 'identity', resourceId: null }),
    () =>
      changing(house).batch(
        [tenantId],
        [
          // Processes that serve learn of it. First: of two that learn at once one waits here for the other.
          {
            text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
            values: [tenantId],
          },
          { text: 'delete from millrace.identity_term where tenant_id = $1::uuid', values: [tenantId] },
          {
            text: `insert into millrace.identity_term (tenant_id, field, term, share)
               select distinct on (w.field, w.term) $1::uuid, w.field, w.term, w.share::real
               from unnest($2::text[], $3::bigint[], $4::text[]) as w(field, term, share) order by w.field, w.term`,
            values: [tenantId, texts(fields), int8s(terms), texts(shares.map(String))],
          },
          {
            text: `insert into millrace.identity_model (tenant_id, version, trained_at, model)
               select $1::uuid, coalesce(max(version), 0) + 1, $2::timestamptz, $3::text
               from millrace.identity_model where tenant_id = $1::uuid
               returning version`,
            values: [tenantId, new Date(house.clock.now()), JSON.stringify(stored)],
          },
        ],
      ),
  )
  return rows?.[0]?.version as number
}

const learn = async (learning: ReturnType<typeof learnModel>, bar: Progress) => {
  try {
    let step = learning.next()
    while (!step.done) {
      bar.update({ done: step.value.done, rows: step.value.done })
      await turn()
      step = learning.next()
    }
    return step.value
  } finally {
    bar.end()
  }
}

/** Exit code 0. Throws Fault `invalid_request` where there are too few leads to learn from. */
export const runIdentityTrain = async (options: TrainOptions): Promise<number> => {
  const { json, output, progress, leadsMax } = options
  const house = await options.openHouse()
  try {
    const tenantId = await tenantOf(house, options.tenant)
    const asked = { ...house, registries: options.registries, tenantId, flow: undefined, last: null }
    const stored = await countStored(asked)
    const count = Math.min(stored?.count ?? 0, leadsMax)
    const newest = { ...asked, last: stored?.last ?? null }
    const builder = createTableBuilder(createIntake('US').schema)
    const reading = createProgress({
      output: progress,
      silent: json,
      total: Math.max(1, count),
      from: { done: 0, rows: 0 },
    })
    let taken = 0
    try {
      for await (const leads of storedLeads({ ...newest, after: await beforeNewest(newest, leadsMax) })) {
        for (const { row } of leads) builder.add(row)
        taken += leads.length
        reading.update({ done: Math.min(taken, count), rows: taken })
      }
    } finally {
      reading.end()
    }
    if (taken < LEADS_MIN)
      throw new Fault('invalid_request', {
        message: `There are ${taken} leads with something of a person in them; weights are learned from ${LEADS_MIN} and more. Those shipped stay in use.`,
      })
    const table = builder.build()
    const linkage = createLinkage(table)
    const labels = await readLabels(house, tenantId)
    const bar = createProgress({ output: progress, silent: json, total: table.size, from: { done: 0, rows: 0 } })
    const learned = await learn(learnModel(table, linkage.comparer, linkage.candidates, labels), bar)
    const version = await keep(house, tenantId, { table, model: learned.model })
    const figures = { version, leads: taken, labels: labels.length, pairs: learned.candidatePairs }
    output.write(
      json
        ? `${JSON.stringify(figures)}\n`
        : `Learned version ${version} of the weights from ${taken} leads (${figures.pairs} pairs, ${labels.length} labels). Flows use it from now on.\n`,
    )
    return 0
  } finally {
    await house.close(0)
  }
}
