import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ask } from '../api/client.ts'
import { useMay } from '../rights.ts'
import { useLiveBatches } from './live.tsx'

/** How many leads wait for a person. */
export const useWaiting = (): number => {
  const may = useMay()
  const client = useQueryClient()
  const { data } = useQuery({
    queryKey: ['reviews', 'count'],
    queryFn: () => ask('/api/v1/reviews/count'),
    enabled: may('lead.review'),
    staleTime: 30_000,
  })
  useLiveBatches(({ items }) => {
    if (items.some(({ status, closed_at }) => status === 'pending_review' || closed_at !== null))
      void client.invalidateQueries({ queryKey: ['reviews', 'count'] }, { cancelRefetch: false })
  })
  return data?.waiting ?? 0
}
