import type { ReactNode } from 'react'

/** One question about a lead, and its answer. */
export const Card = (props: { readonly title: string; readonly aside?: ReactNode; readonly children: ReactNode }) => (
  <section className="card" aria-label={props.title}>
    <div className="card-head">
      <h2>{props.title}</h2>
      {props.aside}
    </div>
    {props.children}
  </section>
)
