/** Persons out of pairs: rows that likely pairs connect are a component, and each component is joined by itself. */
import type { Edges } from './edges.ts'
import { type Evidence, joinRows } from './linkage.ts'

export interface ClusterOptions {
  readonly size: number
  readonly edges: Edges
  /** Natural log odds above which rows are one person, as decided for this file. */
  readonly threshold: number
  readonly evidence: Evidence
}

/** Larger components are first cut by a higher threshold: joining looks at every pair. */
const COMPONENT_MAX = 1000
/** Rows that pairs above this connect are one person without further ado: a thousand copies of one row are. */
const CERTAIN = 15

const find = (parents: Int32Array, row: number): number => {
  let root = row
  while (parents[root] !== root) root = parents[root] as number
  for (let at = row; parents[at] !== root; ) {
    const next = parents[at] as number
    parents[at] = root
    at = next
  }
  return root
}

const componentsOf = (
  rows: readonly number[],
  edges: Edges,
  own: readonly number[],
  threshold: number,
  parents: Int32Array,
): { rows: number[]; edges: number[] }[] => {
  for (const row of rows) parents[row] = row
  for (const edge of own) {
    if ((edges.odds[edge] as number) <= threshold) continue
    const a = find(parents, edges.a[edge] as number)
    const b = find(parents, edges.b[edge] as number)
    // The lower row stands for both, so that the outcome does not hang on the order of edges.
    if (a !== b) parents[Math.max(a, b)] = Math.min(a, b)
  }
  const groups = new Map<number, { rows: number[]; edges: number[] }>()
  for (const row of rows) {
    const root = find(parents, row)
    const group = groups.get(root)
    if (group) group.rows.push(row)
    else groups.set(root, { rows: [row], edges: [] })
  }
  for (const edge of own) {
    const a = find(parents, edges.a[edge] as number)
    if (a === find(parents, edges.b[edge] as number)) groups.get(a)?.edges.push(edge)
  }
  return [...groups.values()]
}

/** Per row: the lowest row of its cluster. */
export const clusterRows = (options: ClusterOptions): Int32Array => {
  const { size, edges } = options
  const scratch = new Int32Array(size)
  const parents = Int32Array.from({ length: size }, (_, row) => row)
  const rows = Array.from({ length: size }, (_, row) => row)
  const all = Array.from({ length: edges.count }, (_, edge) => edge)
  const unite = (keep: number, gone: number): void => {
    parents[find(parents, gone)] = find(parents, keep)
  }
  const settle = (own: readonly number[], ownEdges: readonly number[], threshold: number): void => {
    for (const component of componentsOf(own, edges, ownEdges, threshold, scratch)) {
      if (component.rows.length === 1) continue
      if (component.rows.length > COMPONENT_MAX) {
        if (threshold < CERTAIN) settle(component.rows, component.edges, threshold + 1)
        else for (const row of component.rows) unite(component.rows[0] as number, row)
      } else joinRows(component.rows, options.evidence, options.threshold, unite)
    }
  }
  settle(rows, all, options.threshold)
  const clusters = new Int32Array(size)
  const lowest = new Map<number, number>()
  for (let row = 0; row < size; row += 1) {
    const root = find(parents, row)
    const low = lowest.get(root) ?? row
    lowest.set(root, low)
    clusters[row] = low
  }
  return clusters
}
