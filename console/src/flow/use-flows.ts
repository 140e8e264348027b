import { useQuery } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import type { FlowSummary } from '../api/types.ts'

export const useFlows = () =>
  useQuery({ queryKey: ['flows'], queryFn: () => api<{ items: FlowSummary[] }>('/api/v1/flows') })
