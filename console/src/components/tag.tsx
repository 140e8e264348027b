import type { ReactNode } from 'react'

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'review' | 'quiet'

/** One word for how something stands, in the colour that goes with it. */
export const Tag = ({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) => (
  <span className="tag" data-tone={tone}>
    {children}
  </span>
)
