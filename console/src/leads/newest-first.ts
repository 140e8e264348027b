import type { LeadSummary } from '../api/types.ts'

/** The newest first, each once: as it was told last. */
export const newestFirst = (before: readonly LeadSummary[], news: Iterable<LeadSummary>): readonly LeadSummary[] => {
  const all = new Map(before.map((lead) => [lead.id, lead]))
  for (const lead of news) all.set(lead.id, lead)
  return [...all.values()].sort((a, b) => (a.id < b.id ? 1 : -1))
}
