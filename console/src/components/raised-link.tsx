import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { placeOfAlert } from '../../../src/lead/alert-place.ts'

/** An alert's text, as the way to where something can be done about it. */
export const RaisedLink = (props: {
  readonly kind: string
  readonly subject: string
  readonly children: ReactNode
}) => {
  const { kind, subject, children } = props
  const place = placeOfAlert(kind, subject)
  switch (place.screen) {
    case 'webhooks':
      return (
        <Link to="/settings" search={{ tab: 'webhooks' }}>
          {children}
        </Link>
      )
    case 'destination':
      return (
        <Link to="/destinations/$flow/$destination" params={{ flow: place.flow, destination: place.destination }}>
          {children}
        </Link>
      )
    case 'deliveries':
      return (
        <Link to="/deliveries" search={place.search}>
          {children}
        </Link>
      )
  }
}
