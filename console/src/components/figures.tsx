import { Link } from '@tanstack/react-router'
import type { CSSProperties, ReactNode } from 'react'
import '../styles/overview.css'

export interface Figure {
  readonly name: string
  readonly value: ReactNode
  readonly note?: ReactNode
  readonly tone?: 'good' | 'bad' | 'warn' | undefined
  /** Where what is behind the figure is listed. */
  readonly to?: { readonly to: string; readonly search: Readonly<Record<string, string | undefined>> }
}

/** Figures in a row: what one wants to know first. */
export const Figures = ({ label, items }: { readonly label: string; readonly items: readonly Figure[] }) => (
  <section className="stats card" aria-label={label} style={{ '--figures': items.length } as CSSProperties}>
    {items.map(({ name, value, note, tone, to }) => {
      const inner = (
        <>
          <span className="stat-name">{name}</span>
          <span className="stat-value num" data-tone={tone}>
            {value}
          </span>
          <span className="stat-note">{note}</span>
        </>
      )
      return to === undefined ? (
        <div key={name} className="stat stat-plain">
          {inner}
        </div>
      ) : (
        <Link key={name} to={to.to} search={to.search} className="stat">
          {inner}
        </Link>
      )
    })}
  </section>
)
