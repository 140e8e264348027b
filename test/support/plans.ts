/** The plan of a statement that every execution shares, whatever it asks for and however the tables grow meanwhile. */

import type { Statement, Tx } from '../../src/database/pool.ts'

export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Join Filter'?: string
  readonly Plans?: readonly PlanNode[]
}

type Explained = [{ readonly Plan: PlanNode }]

const all = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(all)]

/** Its nodes. As the application's sessions plan it, once in a session. */
export const sharedPlan = async (tx: Tx, { name, text, values = [] }: Statement): Promise<PlanNode[]> => {
  await tx.query({ text: 'set local plan_cache_mode = force_generic_plan' })
  await tx.query({ text: `prepare planned_${name} as ${text}` })
  const nothing = values.length === 0 ? '' : `(${values.map(() => 'null').join(', ')})`
  const [row] = await tx.query<{ 'QUERY PLAN': string | Explained }>({
    text: `explain (format json) execute planned_${name}${nothing}`,
  })
  const plan = row?.['QUERY PLAN'] ?? '[]'
  const [explained] = typeof plan === 'string' ? (JSON.parse(plan) as Explained) : plan
  return all(explained.Plan)
}

/** Those that walk through one of these tables, or a partition of it, with its name. */
export const scansOf = (nodes: readonly PlanNode[], tables: readonly string[]): { table: string; node: PlanNode }[] =>
  nodes.flatMap((node) => {
    const relation = node['Node Type'].includes('Scan')
      ? node['Relation Name']?.replace(/_\d{4}_\d{2}$|_default$/, '')
      : undefined
    return relation !== undefined && tables.includes(relation) ? [{ table: relation, node }] : []
  })
