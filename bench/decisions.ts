/** The demo's flow with everything decided that flows decide by: 20 rules, three lists of a million, five caps. */
import { parse, stringify } from 'yaml'
import type { BenchDatabase } from './database.ts'

const ENTRIES = 1_000_000
export const LISTS = ['dnc', 'customers', 'sold'] as const
const BATCH = 100_000
const MOST = 1_000_000_000

interface FlowDocument {
  sources: { accept?: object[]; price?: object; caps?: object[] }[]
  steps: Record<string, unknown>[]
}

/** With the demo's own: 4 criteria, 1 filter, 7 points, 2 classes and 6 prices; a branch and open hours besides. */
export const withDecisions = (text: string): string => {
  const document = parse(text) as FlowDocument
  for (const source of document.sources) {
    source.accept = [
      ...(source.accept ?? []),
      { when: 'lead.email.valid', else: 'Invalid email', field: 'email' },
      { when: '!(lead.state in ["PR", "GU"])', else: 'Not served: {{ lead.state }}', field: 'state' },
      { when: 'lead.email.domain != "mailinator.com"', else: 'A throwaway address', field: 'email' },
    ]
    source.price = {
      rules: [
        { id: 'texas', when: 'lead.state == "TX" && lead.urgency == "never"', amount: '30.00 USD' },
        { id: 'austin', when: 'lead.postal_code.area == "000"', amount: '28.00 USD' },
        { id: 'solar', when: 'lead.service == "none"', amount: '22.00 USD' },
        { id: 'mobile', when: 'lead.phone.type == "pager"', amount: '18.00 USD' },
        { id: 'free', when: 'lead.email.is_disposable', amount: '9.00 USD' },
        { id: 'usual', when: 'lead.email.valid', amount: '15.00 USD' },
      ],
    }
    source.caps = [
      { id: 'daily', max: MOST, per: 'day' },
      { id: 'hourly', max: MOST, per: 'hour' },
      { id: 'spend', max: `${MOST}.00 USD`, per: 'month' },
      { id: 'state', max: MOST, per: 'day', by: 'lead.state' },
      { id: 'burst', max: MOST, per: 'minute', sliding: true },
    ]
  }
  for (const step of document.steps) {
    const suppress = step.suppress as { lists: string[] } | undefined
    if (suppress) suppress.lists = [...LISTS]
    const score = step.score as { points: object[] } | undefined
    score?.points.push(
      { id: 'texan', when: 'lead.state == "TX"', points: 5 },
      { id: 'named', when: '!lead.first_name.blank && !lead.last_name.blank', points: 5 },
      { id: 'later', when: 'lead.urgency == "someday"', points: -5 },
    )
  }
  document.steps.push(
    { schedule: { open: { daily: '00:00-24:00' }, outside: 'wait' } },
    {
      branch: {
        rules: [
          { id: 'hot', when: 'lead.score >= 70', steps: [{ set: { id: 'hurry', fields: { urgency: 'today' } } }] },
        ],
      },
    },
  )
  return stringify(document)
}

/** Lays entries into the lists that the flow made: keys as random as real ones. */
export const fillLists = async (asked: {
  readonly database: BenchDatabase
  readonly name: string
  readonly check: () => void
  /** Entries of each list. */
  readonly each?: number
}): Promise<void> => {
  const { database, name, check, each = ENTRIES } = asked
  await database.use(name, async (client) => {
    for (const list of LISTS) {
      for (let from = 0; from < each; from += BATCH) {
        check()
        await client.query(
          `insert into millrace.suppression_entry (tenant_id, list_id, key, added_at)
           select l.tenant_id, l.id, k.key, l.created_at from millrace.suppression_list l,
             (select substr(sha256(($1 || g)::bytea), 1, 16) as key from generate_series($2::integer, $3::integer) g order by 1) k
           where l.id = $1`,
          [list, from + 1, Math.min(from + BATCH, each)],
        )
      }
      await client.query(`update millrace.suppression_list set entries = $2 where id = $1`, [list, each])
    }
    await client.query('vacuum analyze millrace.suppression_entry')
    await client.query('checkpoint')
  })
}
