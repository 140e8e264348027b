import { useQuery } from '@tanstack/react-query'
import { ask } from '../api/client.ts'

export const useFlows = () => useQuery({ queryKey: ['flows'], queryFn: () => ask('/api/v1/flows') })
