import type { CallAnswer } from '../../kit/destination.ts'

/** What HubSpot says, as far as it is read. */
export interface Said {
  readonly message?: string
  readonly category?: string
  readonly status?: string
  readonly results?: readonly {
    readonly id?: string
    readonly new?: boolean
    readonly objectWriteTraceId?: string
    readonly properties?: { readonly email?: string }
  }[]
  readonly errors?: readonly { readonly message?: string; readonly category?: string; readonly context?: unknown }[]
  readonly id?: string
}

export const saidOf = (answer: CallAnswer): Said => {
  try {
    const read: unknown = JSON.parse(answer.body)
    return typeof read === 'object' && read !== null ? (read as Said) : {}
  } catch {
    return {}
  }
}
