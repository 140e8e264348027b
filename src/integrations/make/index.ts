import { defineHookDestination } from '../../kit/hook-destination.ts'

/** Scenarios begin with a webhook of their own: https://help.make.com/webhooks */
export const make = defineHookDestination({
  type: 'make',
  summary: 'Starts every Make scenario that has subscribed, each with a delivery of its own.',
  own: /^hook(?:\.[a-z0-9-]+)?\.(?:make\.com|integromat\.com|make\.celonis\.com)$/,
  full: /queue is full/i,
})
