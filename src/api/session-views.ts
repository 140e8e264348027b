import type { SessionRow } from '../access/sessions.ts'
import { iso } from './times.ts'

/** Sessions in the shape of the contract; `current` is the one that asks. */
export const sessionViews = (rows: readonly SessionRow[], current: string | null) =>
  rows.map(({ id, kind, createdAt, lastSeenAt, expiresAt, device }) => ({
    id,
    kind,
    current: id === current,
    created_at: iso(createdAt),
    last_seen_at: iso(lastSeenAt),
    expires_at: iso(expiresAt),
    ip: device.ip,
    user_agent: device.userAgent,
  }))
