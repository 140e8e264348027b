import { defineHookDestination } from '../../kit/hook-destination.ts'

/** Zaps subscribe when they are turned on: https://docs.zapier.com/integrations/build/hook-trigger */
export const zapier = defineHookDestination({
  type: 'zapier',
  summary: 'Starts every Zap that has subscribed, each with a delivery of its own.',
  own: /^hooks\.zapier\.com$/,
})
