import type { Audit } from '../audit/audit.ts'
import type { Clock } from '../base/clock.ts'
import type { Database, Log } from '../database/pool.ts'
import { signingKey } from '../journal/anchors.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { LeadLoader } from '../journal/read.ts'
import { type Bundle, buildBundle } from './bundle.ts'
import { type Consents, createConsents } from './consents.ts'
import { createErasure, type Erasure } from './erasure.ts'
import { createFanOut, type FanOut } from './fan-out.ts'
import { createHolds, type Holds } from './holds.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import { createLedger } from './ledger.ts'
import { createNotices, type Notices, type NoticeTools } from './notices.ts'
import { createRetention, type Retention } from './retention.ts'
import type { Subject } from './types.ts'

/** All of this room, built. */
export interface Privacy {
  readonly erasure: Erasure
  readonly notices: Notices
  readonly holds: Holds
  readonly consents: Consents
  readonly fanOut: FanOut
  readonly retention: Retention
  /** Everything held on a person. */
  bundle(tenantId: string, subject: Subject): Promise<Bundle>
  readonly keeper: Keeper
}

const NOTICES_EVERY_MS = 5_000
const SWEEP_EVERY_MS = 60_000
const RETENTION_EVERY_MS = 3_600_000

export const createPrivacy = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly loader: LeadLoader
  readonly audit: Audit
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly ledgerFile: string
  readonly archiveDir: string
  readonly onBlocked: (tenantId: string) => void
  readonly tools: NoticeTools
}): Privacy => {
  const ledger = createLedger({ file: options.ledgerFile, key: signingKey(options.keyring, 'erasure ledger') })
  const erasure = createErasure({ ...options, ledger })
  const notices = createNotices(options)
  const fanOut = createFanOut(options)
  const consents = createConsents(options)
  const retention = createRetention(options)
  return {
    erasure,
    notices,
    holds: createHolds(options),
    consents,
    fanOut,
    retention,
    bundle: (tenantId, subject) => buildBundle({ ...options, consents, tenantId, subject, now: options.clock.now() }),
    keeper: createKeeper({
      log: options.log,
      chores: [
        { name: 'erasures', everyMs: SWEEP_EVERY_MS, run: erasure.sweep },
        { name: 'retention', everyMs: RETENTION_EVERY_MS, run: retention.daily },
        { name: 'what to tell on', everyMs: NOTICES_EVERY_MS, run: fanOut.round },
        { name: 'notices', everyMs: NOTICES_EVERY_MS, run: notices.round },
      ],
    }),
  }
}
