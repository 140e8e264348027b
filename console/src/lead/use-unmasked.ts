import { skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ask } from '../api/client.ts'
import type { LeadDetail } from '../api/types.ts'

export interface Unmasked {
  readonly lead: LeadDetail
  readonly events: readonly { readonly seq: number; readonly position: number; readonly private: unknown }[]
}

/** What is personal of a lead, once somebody said why they look: for all parts of the screen, as long as it is open. */
export const useUnmasked = (leadId: string) => {
  const client = useQueryClient()
  const key = ['unmasked', leadId]
  const { data } = useQuery<Unmasked>({ queryKey: key, queryFn: skipToken, gcTime: 0 })
  const unmask = useMutation({
    mutationFn: (reason: string) => ask(`/api/v1/leads/${leadId}/unmask`, { method: 'POST', body: { reason } }),
    onSuccess: (found) => client.setQueryData(key, found),
  })
  return { shown: data, unmask }
}
