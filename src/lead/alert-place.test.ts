import { expect, it } from 'vitest'
import { pathOfAlert } from './alert-place.ts'

it.each([
  ['dead_letters', 'watched/crm', '/deliveries?flow=watched&destination=crm'],
  ['unknown_outcomes', 'watched/crm', '/deliveries?flow=watched&destination=crm&state=unknown'],
  ['destination_paused', 'watched/crm', '/destinations/watched/crm'],
  ['breaker_open', 'watched/a b', '/destinations/watched/a%20b'],
  ['breaker_open', '~webhooks/0193', '/settings?tab=webhooks'],
  ['destination_paused', '~webhooks/0193', '/settings?tab=webhooks'],
  ['webhook_disabled', '0193', '/settings?tab=webhooks'],
  ['webhook_undelivered', '0193', '/settings?tab=webhooks'],
  ['job_failed', 'deliveries.replay', '/deliveries'],
])('an alert %s of %s leads to what it is about', (kind, subject, path) => {
  expect(pathOfAlert(kind, subject)).toBe(path)
})
