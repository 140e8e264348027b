import type { ReactNode } from 'react'

/** Nothing is here yet: what would be, and how it comes. */
export const Empty = (props: { readonly title: string; readonly text?: string; readonly action?: ReactNode }) => (
  <div className="empty card">
    <h2>{props.title}</h2>
    {props.text !== undefined && <p>{props.text}</p>}
    {props.action}
  </div>
)
