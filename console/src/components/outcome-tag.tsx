import type { LeadSummary } from '../api/types.ts'
import { named } from '../text.ts'

type Judged = Pick<LeadSummary, 'outcome' | 'status' | 'code'>

/** One word for what became of a lead, and the colour that goes with it. */
export const verdictOf = ({ outcome, status }: Judged): { readonly name: string; readonly tone: string } => {
  if (status === 'erased') return { name: 'erased', tone: 'quiet' }
  if (outcome === 'success') return { name: status === 'delivered' ? 'delivered' : 'accepted', tone: 'good' }
  if (outcome === 'failure') return { name: 'rejected', tone: 'bad' }
  if (outcome === 'error') return { name: 'failed', tone: 'warn' }
  if (status === 'pending_review') return { name: 'waiting_review', tone: 'review' }
  return { name: 'under_way', tone: 'info' }
}

export const OutcomeTag = ({ lead }: { readonly lead: Judged }) => {
  const { name, tone } = verdictOf(lead)
  return (
    <span className="tag" data-tone={tone}>
      {named('verdict', name)}
    </span>
  )
}
