import { useQuery } from '@tanstack/react-query'
import { askAll } from './api/client.ts'
import { useMay } from './rights.ts'

/** Everybody who has a login here; screens name by them who did something. */
export const useUsers = () => {
  const may = useMay()
  return useQuery({ queryKey: ['users'], queryFn: () => askAll('/api/v1/users'), enabled: may('user.read') })
}
