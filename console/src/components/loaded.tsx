import { Skeleton } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failed } from './failed.tsx'

/** What was asked for once it is there; until then its shape, and where it cannot be had, why and another try. */
export const Loaded = <T,>(props: {
  readonly query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>
  readonly height?: number
  readonly children: (data: T) => ReactNode
}) => {
  const { query, height = 220, children } = props
  if (query.data !== undefined) return children(query.data)
  if (query.error !== null) return <Failed error={query.error} onRetry={() => void query.refetch()} />
  return <Skeleton height={height} radius={8} />
}
