import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { ask } from './api/client.ts'

/** The name, mark and colour that the tenant shows its people. */
export interface Branding {
  readonly name: string
  readonly color: string | null
  readonly logo: string | null
}

const OURS: Branding = { name: 'Millrace', color: null, logo: null }
let shown = OURS

export const brandName = (): string => shown.name

/** Relative luminance of `#rrggbb`: WCAG 2.2. */
const luminance = (color: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** Of white and black, the one that can be read on the colour. */
const inkOn = (color: string): string => (1.05 / (luminance(color) + 0.05) >= 4.5 ? '#ffffff' : '#000000')

/** Our own tones, made of the tenant's colour: mixed with the ink where it must be read, with the ground where it is one. */
const tones = (color: string): Readonly<Record<string, string>> => ({
  '--accent': `color-mix(in srgb, ${color} 82%, var(--ink))`,
  '--accent-ink': `color-mix(in srgb, ${color} 55%, var(--ink))`,
  '--accent-wash': `color-mix(in srgb, ${color} 12%, var(--surface))`,
  '--mantine-primary-color-filled': color,
  '--mantine-primary-color-filled-hover': `color-mix(in srgb, ${color} 88%, var(--ink))`,
  '--mantine-primary-color-contrast': inkOn(color),
})

export const useBranding = (): Branding => {
  const { data } = useQuery({
    queryKey: ['branding'],
    queryFn: async () => {
      const asked = await ask('/api/v1/branding')
      return { name: asked.name ?? OURS.name, color: asked.color, logo: asked.logo }
    },
    staleTime: 300_000,
  })
  shown = data ?? OURS
  const color = data?.color ?? null
  useEffect(() => {
    const { style } = document.documentElement
    const set = color === null ? {} : tones(color)
    for (const [name, value] of Object.entries(set)) style.setProperty(name, value)
    return () => {
      for (const name of Object.keys(set)) style.removeProperty(name)
    }
  }, [color])
  return shown
}
