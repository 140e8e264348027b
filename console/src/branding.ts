import { useQuery } from '@tanstack/react-query'
import { api } from './api/client.ts'

/** The name, mark and colour that the tenant shows its people. */
export interface Branding {
  readonly name: string
  readonly color: string | null
  readonly logo: string | null
}

const OURS: Branding = { name: 'Millrace', color: null, logo: null }
let shown = OURS

export const brandName = (): string => shown.name

export const useBranding = (): Branding => {
  const { data } = useQuery({
    queryKey: ['branding'],
    queryFn: async () => {
      const asked = await api<{ name: string | null; color: string | null; logo: string | null }>('/api/v1/branding')
      return { name: asked.name ?? OURS.name, color: asked.color, logo: asked.logo }
    },
    staleTime: 300_000,
  })
  shown = data ?? OURS
  return shown
}
