import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

/** Webhooks stand among what is called as destinations of a flow of this name. */
const WEBHOOKS = '~webhooks'

/** An alert's text, as the way to where something can be done about it. */
export const RaisedLink = (props: {
  readonly kind: string
  readonly subject: string
  readonly children: ReactNode
}) => {
  const { kind, subject, children } = props
  const [flow = '', destination = ''] = subject.split('/')
  if (kind.startsWith('webhook_') || flow === WEBHOOKS)
    return (
      <Link to="/settings" search={{ tab: 'webhooks' }}>
        {children}
      </Link>
    )
  if (destination === '') return <Link to="/deliveries">{children}</Link>
  if (kind === 'destination_paused' || kind === 'breaker_open')
    return (
      <Link to="/destinations/$flow/$destination" params={{ flow, destination }}>
        {children}
      </Link>
    )
  return (
    <Link to="/deliveries" search={{ flow, destination, ...(kind === 'unknown_outcomes' && { state: 'unknown' }) }}>
      {children}
    </Link>
  )
}
