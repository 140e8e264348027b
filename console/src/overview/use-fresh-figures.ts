import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useLiveBatches } from '../live/live.tsx'

/** Figures are asked anew so long after a lead has changed, and no more often. */
export const useFreshFigures = (againMs: number): void => {
  const client = useQueryClient()
  const again = useRef<ReturnType<typeof setTimeout> | null>(null)
  useEffect(
    () => () => {
      if (again.current !== null) clearTimeout(again.current)
    },
    [],
  )
  useLiveBatches(() => {
    again.current ??= setTimeout(() => {
      again.current = null
      void client.invalidateQueries({ queryKey: ['figures'] }, { cancelRefetch: false })
    }, againMs)
  })
}
