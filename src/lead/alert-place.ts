/**
 * Where in the console something can be done about what an alert is about. Mails and the console itself lead there by
 * this one rule.
 */
export type AlertPlace =
  | { readonly screen: 'webhooks' }
  | { readonly screen: 'destination'; readonly flow: string; readonly destination: string }
  | {
      readonly screen: 'deliveries'
      readonly search: { readonly flow?: string; readonly destination?: string; readonly state?: 'unknown' }
    }

/** Webhooks stand among what is called as destinations of a flow of this name: no flow has it. */
export const WEBHOOKS_FLOW = '~webhooks'

/** `subject` as the alert has it: `flow/destination`, the id of a webhook, a task, or '' for the tenant. */
export const placeOfAlert = (kind: string, subject: string): AlertPlace => {
  const [flow = '', destination = ''] = subject.split('/')
  if (kind.startsWith('webhook_') || flow === WEBHOOKS_FLOW) return { screen: 'webhooks' }
  if (destination === '') return { screen: 'deliveries', search: {} }
  if (kind === 'destination_paused' || kind === 'breaker_open') return { screen: 'destination', flow, destination }
  return {
    screen: 'deliveries',
    search: { flow, destination, ...(kind === 'unknown_outcomes' && { state: 'unknown' }) },
  }
}

/** As the path of an address, from the console's root. */
export const pathOfAlert = (kind: string, subject: string): string => {
  const place = placeOfAlert(kind, subject)
  switch (place.screen) {
    case 'webhooks':
      return '/settings?tab=webhooks'
    case 'destination':
      return `/destinations/${encodeURIComponent(place.flow)}/${encodeURIComponent(place.destination)}`
    case 'deliveries': {
      const search = new URLSearchParams(place.search).toString()
      return search === '' ? '/deliveries' : `/deliveries?${search}`
    }
  }
}
