import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ask } from '../api/client.ts'
import { useMay } from '../rights.ts'

export interface Raised {
  readonly id: string
  readonly kind: string
  readonly subject: string
  readonly count: number
}

const EVERY_MS = 30_000

/** What the server has raised and nobody has seen yet. */
export const useRaised = () => {
  const may = useMay()
  const client = useQueryClient()
  const key = ['alerts', 'open']
  const { data } = useQuery({
    queryKey: key,
    queryFn: () => ask('/api/v1/alerts', { query: { state: 'open' } }),
    enabled: may('job.read'),
    refetchInterval: EVERY_MS,
  })
  const seen = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/alerts/${id}/acknowledge`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: key }),
  })
  return { raised: data?.items ?? [], acknowledge: may('job.edit') ? seen.mutate : null }
}
