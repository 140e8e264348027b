/**
 * What people said of persons by merging them, taking a merge back and splitting leads off, as labels to learn from: the
 * last word on each two, by the pair of their records that is likest.
 */
import { open } from '../../base/seal.ts'
import { createFindRecords, type StoredRecord } from '../../handlers/person-look-up.ts'
import type { House } from '../../house.ts'
import { createJudge } from '../../identity/explain.ts'
import { createIntake } from '../../identity/intake.ts'
import type { Label } from '../../identity/learning.ts'
import { shippedModel } from '../../identity/shipped.ts'

interface Said {
  readonly a: string
  readonly b: string
  readonly same: boolean
}

/** Pairs at a time: each brings a few sealed records. */
const PAGE = 200

/** What a lead decided is no label, and a reviewer's word stands among the labels already. */
const SAID = `
select distinct on (1, 2) least(e.person_id, e.other) as a, greatest(e.person_id, e.other) as b, e.type = 'merged' as same
from millrace.person_event e
where e.tenant_id = $1::uuid and e.other is not null and e.by <> 'match' and e.type in ('merged', 'unmerged', 'split')
  and not exists (
    select from millrace.identity_label l
    where l.tenant_id = e.tenant_id
      and ((l.lead_id = e.person_id and l.person_id = e.other) or (l.lead_id = e.other and l.person_id = e.person_id))
  )
order by 1, 2, e.at desc, e.id desc`

export const readPersonLabels = async (house: House, tenantId: string): Promise<Label[]> => {
  const { database, keyring } = house
  const keys = await keyring.tenant(tenantId)
  const { schema, read } = createIntake('US')
  const judge = createJudge({ schema, model: shippedModel(schema) })
  const findRecords = createFindRecords({ database, rowsMax: PAGE * 2 })
  const [rows = []] = await database.batch([tenantId], [{ text: SAID, values: [tenantId] }])
  const said = rows.map((row): Said => ({ a: row.a as string, b: row.b as string, same: row.same as boolean }))
  const recordOf = ({ leadId, wrapped, keyVersion, sealed }: StoredRecord) =>
    read(JSON.parse(open(keyring.openLeadKey(keys, leadId, wrapped, keyVersion), sealed).toString('utf8')) as string[])
  const labels: Label[] = []
  for (let from = 0; from < said.length; from += PAGE) {
    const page = said.slice(from, from + PAGE)
    const persons = [...new Set(page.flatMap(({ a, b }) => [a, b]))]
    const records = await findRecords({ tenantId, persons })
    const byPerson = Map.groupBy(records, ({ personId }) => personId)
    for (const { a, b, same } of page) {
      const judged = (byPerson.get(a) ?? []).flatMap((one) =>
        (byPerson.get(b) ?? []).map((other) => judge.judge(recordOf(one), recordOf(other))),
      )
      // Of a person whose leads were erased nothing is left to learn from.
      const [likest] = judged.sort((one, other) => other.total - one.total)
      if (likest) labels.push({ codes: likest.codes, same })
    }
  }
  return labels
}
