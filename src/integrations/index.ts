import type { DestinationType } from '../kit/destination.ts'
import { email } from './email/index.ts'
import { files } from './files/index.ts'
import { http } from './http/index.ts'
import { hubspot } from './hubspot/index.ts'
import { make } from './make/index.ts'
import { pipedrive } from './pipedrive/index.ts'
import { salesforce } from './salesforce/index.ts'
import { slack } from './slack/index.ts'
import { webhook } from './webhook/index.ts'
import { zapier } from './zapier/index.ts'

/** Every type of destination a flow may deliver to, by its name there. */
export const destinationTypes: Readonly<Record<string, DestinationType>> = {
  http,
  webhook,
  pipedrive,
  salesforce,
  hubspot,
  slack,
  email,
  files,
  zapier,
  make,
}
